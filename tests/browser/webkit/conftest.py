import subprocess
import warnings
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.browser.doors import Door
from tests.browser.webkit import programs
from tests.browser.webkit.phones import WebKitPhone


@pytest.fixture(scope="session")
def webkit(pytestconfig: pytest.Config) -> programs.Programs:
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        found = programs.find_or_install()
    if found is None:
        pytest.skip(f"These tests need WebKitGTK: please install {' and '.join(programs.PACKAGES)}.")
    return found


@pytest.fixture(scope="session")
def display(webkit: programs.Programs) -> Iterator[str]:
    """The number of a screen that nobody sees."""
    command = [webkit.screen, "-displayfd", "1", "-screen", "0", "1280x900x24"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as screen:
        assert screen.stdout
        yield f":{screen.stdout.readline().strip()}"
        screen.terminate()


@pytest.fixture
def phone(webkit: programs.Programs, display: str, door: Door) -> Iterator[WebKitPhone]:
    options = Options()
    options.binary_location = webkit.browser
    options.add_argument("--automation")
    # As root it has no sandbox, and a machine without a screen has no graphics card.
    without = {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1", "LIBGL_ALWAYS_SOFTWARE": "1"}
    service = Service(webkit.driver, env={"PATH": "/usr/bin:/bin", "HOME": "/tmp", "DISPLAY": display, **without})
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        driver = webdriver.WebKitGTK(options=options, service=service)  # in Selenium's own old way
    try:
        driver.set_script_timeout(30)
        yield WebKitPhone(driver, door)
    finally:
        driver.quit()
