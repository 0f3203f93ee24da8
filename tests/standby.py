"""A PostgreSQL server with a second one that follows it, both thrown away afterwards."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benches import postgres


@contextmanager
def following(primary: Path, *, user: str) -> Iterator[Path]:
    """The folder in which a copy of the server in `primary` listens. It follows by streaming."""
    found = postgres.programs()
    assert found
    folder = Path(tempfile.mkdtemp(prefix="standby-"))
    if postgres.USER:
        shutil.chown(folder, postgres.USER)

    def run(program: str, *arguments: str) -> None:
        with (folder / "log").open("a") as log:
            command = [str(found / program), "-D", str(folder / "data"), *arguments]
            done = subprocess.run(command, user=postgres.USER, cwd=folder, stdout=log, stderr=log, check=False)
        assert done.returncode == 0, (folder / "log").read_text()

    run("pg_basebackup", "-h", str(primary), "-U", user, "-R", "-X", "stream", "-c", "fast")
    run("pg_ctl", "-w", "-o", f"-F -c listen_addresses= -k {folder}", "start")
    try:
        yield folder
    finally:
        # It may have been stopped by the test.
        with suppress(AssertionError):
            run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def stop(folder: Path) -> None:
    """As when its machine is gone."""
    found = postgres.programs()
    assert found
    command = [str(found / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "stop"]
    subprocess.run(command, user=postgres.USER, cwd=folder, stdout=subprocess.DEVNULL, check=True)
