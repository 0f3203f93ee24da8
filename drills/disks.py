"""A small disk, mounted in a namespace of a process's own: it can be full, and nobody else has anything of it."""

import os
import subprocess
import tempfile
from pathlib import Path

from benches.servers import ROOT

SIZE = "160M"
SPARE = 96 * 1024  # bytes that are left when it is filled
_HERE = "DRILL_DISK"
_MOUNT = 'mount -t tmpfs -o mode=1777,size="$0" none "$1" && shift && exec "$@"'


def folder() -> Path | None:
    """Where the small disk is, in a process that has one."""
    return Path(os.environ[_HERE]) if _HERE in os.environ else None


def with_small_disk(*command: str) -> str:
    """What the command writes; temporary files of it and of all that it starts lie on the disk."""
    with tempfile.TemporaryDirectory(prefix="inloop-disk-") as place:
        Path(place).chmod(0o755)  # PostgreSQL may have to be somebody else
        done = subprocess.run(
            _in_namespace(place, *command),
            cwd=ROOT,
            env=os.environ | {_HERE: place},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout


def can_be_had() -> bool:
    with tempfile.TemporaryDirectory() as place:
        try:
            subprocess.run(_in_namespace(place, "true"), check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return False
    return True


def _in_namespace(place: str, *command: str) -> list[str]:
    """Anybody may mount in a namespace where they are root; and then be themselves again, as PostgreSQL wants it."""
    if os.geteuid() == 0:
        return ["unshare", "--mount", "sh", "-c", _MOUNT, SIZE, place, *command]
    themselves = ["unshare", "--user", f"--map-user={os.getuid()}", f"--map-group={os.getgid()}", "--"]
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _MOUNT, SIZE, place, *themselves, *command]


def fill() -> None:
    here = folder()
    assert here
    room = os.statvfs(here)
    with (here / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, max(0, room.f_bavail * room.f_frsize - SPARE))


def empty() -> None:
    here = folder()
    assert here
    (here / "ballast").unlink()
