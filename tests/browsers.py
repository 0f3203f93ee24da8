"""Finds a Chromium that starts, and gets one when the machine has none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import BrowserType, Error

NAMES = "chromium", "chromium-browser", "google-chrome", "microsoft-edge"
PLAYWRIGHT = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
APT = (
    "export DEBIAN_FRONTEND=noninteractive; apt='apt-get -qq -o DPkg::Lock::Timeout=300'; "
    "$apt update; $apt install -y --no-install-recommends chromium"
)


def launch_options(chromium: BrowserType) -> dict[str, Any] | None:
    """What makes Playwright start a browser here; None if there is none to be had."""
    for command in [], *installers():
        if command:
            sys.stderr.write(f"\nNo browser yet, trying: {' '.join(command)}\n")
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
        if (options := installed(chromium)) is not None:
            return options
    return None


def installed(chromium: BrowserType) -> dict[str, Any] | None:
    """The same, of what is here already."""
    for options in candidates():
        try:
            chromium.launch(**options).close()
        except Error:
            continue
        return options
    return None


def candidates() -> Iterator[dict[str, Any]]:
    yield {}  # the one that Playwright itself installs
    yield {"channel": "chrome"}
    yield {"channel": "msedge"}
    for name in NAMES:
        if path := shutil.which(name):
            yield {"executable_path": path}


def installers() -> Iterator[list[str]]:
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        yield ["sh", "-c", APT]
        yield [*PLAYWRIGHT, "--with-deps"]
    else:
        yield PLAYWRIGHT
