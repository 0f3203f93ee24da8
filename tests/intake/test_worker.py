"""The process that reads: what it may use, and that nothing of it is left."""

import json
import os
import select
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from activities.intake import wire, worker
from activities.intake.events import Form, Unusable
from activities.intake.reading import read
from activities.intake.worker import ROOT, Reader
from tests.factories import moment
from tests.intake import hostile

AT = moment("2026-11-22T12:00")
GOOD = hostile.calendar(hostile.GOOD)


def run(program):
    """What a program of our own prints, run from the root of the project as `python -c`."""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=30, check=False)
    return done.stdout.decode()


def answer_of_a_child_that(deed, *, limits=""):
    program = f"from activities.intake import worker\nimport os, tempfile, time\n{limits}\ndef deed(_):\n    {deed}\n"
    return json.loads(run(f"{program}worker._read = deed\nprint(worker._in_child(b'').decode())"))


@pytest.mark.parametrize(
    ("deed", "limits"),
    [
        ("while True: pass", "worker.SECONDS_OF_CPU, worker.SECONDS = 1, 60"),
        ("time.sleep(60)", "worker.SECONDS = 0.1"),
        ("return len(bytearray(600_000_000)).to_bytes(8)", ""),
        ("return bytes(worker.LONGEST_ANSWER + 1)", ""),
        ("os.kill(os.getpid(), 11)", ""),
        ("os._exit(3)", ""),
        ("raise KeyError", ""),
        ("return tempfile.TemporaryFile(buffering=0).write(b'x').to_bytes(8)", ""),
    ],
    ids=["thinks", "sleeps", "takes memory", "says too much", "crashes", "leaves", "raises", "writes a file"],
)
def test_a_child_that_goes_too_far_is_ended_and_that_is_the_answer(deed, limits):
    assert answer_of_a_child_that(deed, limits=limits) == {"code": "too_heavy"}


def test_a_child_within_its_limits_answers():
    assert answer_of_a_child_that('return bytearray(200_000_000)[:0] + b\'{"memory": "enough"}\'') == {
        "memory": "enough"
    }


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"{", b"[]", b"null", b'{"code": "no such code"}', b'{"name": "x"}', b"\xff",
        b'{"name": "", "occurrences": [], "refused": [{"title": "", "code": "no such code"}]}',
        b'{"name": "", "occurrences": [{"starts_at": "today"}], "refused": []}',
    ],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_not_believed(answer):
    with pytest.raises(Unusable) as refusal:
        wire.told(answer)
    assert refusal.value.code == "unreadable"


class Asleep(Reader):
    command = (sys.executable, "-c", "import time; time.sleep(60)")


class Ended(Reader):
    command = (sys.executable, "-c", "pass")


class Talking(Reader):
    command = (sys.executable, "-c", "import sys; sys.stdout.write('x' * 100)")


@pytest.mark.parametrize("kind", [Asleep, Ended, Talking])
@pytest.mark.parametrize("size", [1_000, 4_000_000])
def test_a_process_that_does_not_answer_in_time_is_ended(kind, size, monkeypatch):
    monkeypatch.setattr(worker, "SECONDS", 0.3)
    with kind() as reader, pytest.raises(Unusable) as refusal:
        read(GOOD + b"\n" * size, form=Form.ICS, at=AT, reader=reader)
    assert refusal.value.code == "too_heavy"
    assert reader._process is None


def test_after_a_process_that_was_ended_the_next_file_is_read():
    with Reader() as reader:
        assert read(GOOD, form=Form.ICS, at=AT, reader=reader).occurrences
        os.killpg(reader._process.pid, signal.SIGKILL)
        with pytest.raises(Unusable):
            read(GOOD, form=Form.ICS, at=AT, reader=reader)
        assert read(GOOD, form=Form.ICS, at=AT, reader=reader).occurrences


@pytest.mark.parametrize("make", [hostile.workbook_of_two_corners, hostile.workbook_that_unpacks])
def test_a_workbook_that_is_larger_than_it_looks_is_given_up(make):
    raw = make()
    assert len(raw) < 5_000_000
    with pytest.raises(Unusable) as refusal:
        read(raw, form=Form.XLSX, at=AT)
    assert refusal.value.code == "too_heavy"


def test_nothing_runs_on_when_a_file_has_been_read():
    with Reader() as reader:
        read(GOOD, form=Form.ICS, at=AT, reader=reader)
        group = reader._process.pid
        os.killpg(group, 0)
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this system cannot wait for the process of another")
def test_nothing_runs_on_when_we_are_killed_ourselves():
    program = (
        "from activities.intake.worker import Reader\nimport os, sys\n"
        "reader = Reader()\nprint(reader._started().pid, flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as ours:
        theirs = os.pidfd_open(int(ours.stdout.readline()))
        ours.kill()
    assert select.select([theirs], [], [], 20)[0], "it is still there"
    os.close(theirs)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system does not show it")
def test_the_process_knows_no_secret_of_ours(monkeypatch):
    for name in ("DATABASE_URL", "SECRET_KEY", "PGPASSWORD"):
        monkeypatch.setenv(name, "not-for-others")
    with Reader() as reader:
        read(GOOD, form=Form.ICS, at=AT, reader=reader)
        known = Path(f"/proc/{reader._process.pid}/environ").read_bytes()
        opened = {os.readlink(path) for path in Path(f"/proc/{reader._process.pid}/fd").iterdir()}
    assert b"not-for-others" not in known
    assert not [path for path in opened if not path.startswith(("pipe:", "/dev/null"))]


def test_threads_read_side_by_side():
    calendars = [hostile.calendar(hostile.event(summary=f"Number {n}")) for n in range(4)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda raw: read(raw, form=Form.ICS, at=AT), calendars))
    assert [taken.occurrences[0].title for taken in found] == [f"Number {n}" for n in range(4)]
