"""A process that reads one file and can harm nobody: little time, little memory, no files, no database, no secrets.

The rules of `policy` stop the calendars that are known to be heavy. This stops the others.

The process is a program of its own (`python -m activities.intake.worker`) and not one of `multiprocessing`,
which would run the main program of a server again, and hand over its environment. It loads the libraries once
and makes a child for each file; the limits are the child's.
"""

import os
import resource
import signal
import struct
import subprocess
import sys
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from activities.intake import expanding, tables, wire
from activities.intake.events import Form, Taken, Unusable

SECONDS_OF_CPU = 10
SECONDS = 15.0  # on the clock
MEMORY = 512 * 1024 * 1024  # above what is in use before the file is read
LONGEST_ANSWER = 32 * 1024 * 1024
ROOT = Path(__file__).resolve().parents[2]
# What Python itself needs to start; not the database's address, nor any key.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_LENGTH = struct.Struct("!Q")


class Reader:
    """Reads files, each in a process of its own. One caller at a time; leaves nothing running at its end."""

    command = (sys.executable, "-m", "activities.intake.worker")

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def ask(self, request: bytes) -> Taken:
        """Raises Unusable, also where the process did not live to answer."""
        process = self._started()
        assert process.stdin
        assert process.stdout
        watch = threading.Timer(SECONDS, _kill, [process])
        watch.daemon = True
        watch.start()
        try:
            _send(process.stdin, request)
            answer = _receive(process.stdout, longest=LONGEST_ANSWER)
        except OSError:
            answer = None
        finally:
            watch.cancel()
        if answer is None:
            self._stop()
            raise Unusable("too_heavy")
        return wire.told(answer)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 (our own program, nothing from outside)
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=ROOT,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                start_new_session=True,
            )
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        _kill(process)
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what was not sent goes nowhere now
                if pipe:
                    pipe.close()
        process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends it, and the child that it may have."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _send(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(_LENGTH.pack(len(message)) + message)
    pipe.flush()


def _receive(pipe: IO[bytes], *, longest: int) -> bytes | None:
    """One message, or None where the other side has ended or says more than it may."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size or (length := _LENGTH.unpack(head)[0]) > longest:
        return None
    message = pipe.read(length)
    return message if len(message) == length else None


# ---------------------------------------------------------------- on the other side


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    while (request := _receive(requests, longest=2 * LONGEST_ANSWER)) is not None:
        _send(answers, _in_child(request))


def _in_child(request: bytes) -> bytes:
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(ours)
            _bound()
            with os.fdopen(theirs, "wb") as pipe:
                pipe.write(_read(request))
            status = 0
        finally:
            # Without the tidying of an ordinary end, which is the parent's.
            os._exit(status)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        answer = pipe.read(LONGEST_ANSWER + 1)
    if len(answer) > LONGEST_ANSWER:
        os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    return answer if status == 0 and len(answer) <= LONGEST_ANSWER else wire.refusal("too_heavy")


def _bound() -> None:
    """From here on this process may do little and not for long; the system ends it if it tries."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    signal.alarm(int(SECONDS) + 1)
    limits = {
        resource.RLIMIT_CPU: (SECONDS_OF_CPU, SECONDS_OF_CPU + 1),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_FSIZE: (0, 0),
    }
    if used := _memory_in_use():
        limits[resource.RLIMIT_AS] = (used + MEMORY, used + MEMORY)
    for limit, values in limits.items():
        resource.setrlimit(limit, values)


def _memory_in_use() -> int:
    """In octets; nothing where the system does not say (macOS, whose kernel does not keep to the limit either)."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _read(request: bytes) -> bytes:
    raw, wanted = wire.asked(request)
    form, at, may_be_empty = wanted["form"], wanted["at"], wanted["may_be_empty"]
    try:
        if form == Form.ICS:
            return wire.answer(expanding.taken(raw, at=at, may_be_empty=may_be_empty))
        return wire.answer(tables.taken(raw, form=form, at=at, may_be_empty=may_be_empty))
    except Unusable as refusal:
        return wire.refusal(refusal.code)
    except MemoryError:
        return wire.refusal("too_heavy")
    except Exception:  # whatever a library says of somebody's file
        return wire.refusal("unreadable")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(sys.stdin.buffer, sys.stdout.buffer)
