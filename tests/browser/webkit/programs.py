"""Finds WebKitGTK, the nearest thing to an iPhone's browser that runs here, and gets it where Debian has it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGES = "webkit2gtk-driver", "xvfb"
APT = (
    "export DEBIAN_FRONTEND=noninteractive; apt='apt-get -qq -o DPkg::Lock::Timeout=300'; "
    f"$apt update; $apt install -y --no-install-recommends {' '.join(PACKAGES)}"
)
# Debian, Ubuntu and Fedora keep it out of PATH, in a folder per version.
BROWSERS = "usr/lib/*/webkit2gtk-4.*/MiniBrowser", "usr/libexec/webkit2gtk-4.*/MiniBrowser"


@dataclass(frozen=True)
class Programs:
    browser: str
    driver: str
    screen: str  # one that nobody sees


def find() -> Programs | None:
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    browsers = sorted(str(path) for pattern in BROWSERS for path in Path("/").glob(pattern))
    return Programs(browsers[-1], driver, screen) if driver and screen and browsers else None


def find_or_install() -> Programs | None:
    if not find() and os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stderr.write(f"\nNo WebKitGTK yet, installing: {' '.join(PACKAGES)}\n")
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["sh", "-c", APT], check=False, **quiet)
    return find()
