"""Programs and libraries of Debian's and Ubuntu's packages, as anybody: nothing of the machine itself is changed."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from benches.servers import ROOT

KEPT = ROOT / "var" / "debian"


def program(name: str, *, package: str) -> list[str] | None:
    """How to call it, installed or fetched with its libraries; None where it is not to be had."""
    if installed := shutil.which(name):
        return [installed]
    folder = fetch(package)
    found = sorted(folder.glob(f"usr/*bin/{name}")) if folder else []
    if not folder or not found:
        return None
    libraries = ":".join(str(path) for path in folder.glob("usr/lib/*-linux-*"))
    return ["env", f"LD_LIBRARY_PATH={libraries}", str(found[0])]


def fetch(package: str) -> Path | None:
    """The folder in which the package lies unpacked, with what it needs; None where that is not to be had."""
    found = KEPT / package
    if not found.exists() and shutil.which("apt-get") and shutil.which("dpkg-deb"):
        _fetch(package)
    return found if found.exists() else None


def _fetch(package: str) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        made = Path(folder)
        for name in ("state/lists/partial", "cache/archives/partial", package):
            (made / name).mkdir(parents=True)
        options = {
            "Dir::State": made / "state",
            "Dir::State::status": "/var/lib/dpkg/status",
            "Dir::Cache": made / "cache",
            "Debug::NoLocking": 1,
            # Else root becomes somebody who may not write in this folder.
            "APT::Sandbox::User": "root",
        }
        apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
        get = "install", "--yes", "--no-install-recommends", "--download-only", package
        for command in (["update"], get):
            subprocess.run([*apt, *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
        packages = sorted(made.glob("cache/archives/*.deb"))
        for one in packages:
            subprocess.run(["dpkg-deb", "--extract", one, made / package], check=True)
        if packages:
            # Whole or not at all: who is interrupted leaves nothing half unpacked.
            (made / package).rename(KEPT / package)
