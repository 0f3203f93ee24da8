"""A municipality that is served to nobody, for a while or since it moved: what it keeps it still promised to forget."""

from pathlib import Path

import pytest
from django.conf import settings

from attendance import migrations
from tests.many_towns import Installation

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="a file has no schemas"
    ),
]

# `stopped` is one, with a week that should have been closed long ago.
LOOK = """
from datetime import timedelta
from django.core.management import call_command
from attendance import housekeeping
from attendance.models import StepRun, WeekKey
from config.health import missing_migrations
def ready():
    answer = Client(headers={"Host": "10.4.0.17:8000"}).get("/readyz")
    return answer.status_code, dict(line.split(": ", 1) for line in answer.text.splitlines())
def of(name):
    with serving(town(name)):
        return {"keys": WeekKey.objects.count(), "missing": missing_migrations(),
                "steps": sorted(StepRun.objects.exclude(succeeded_at=None).values_list("step", flat=True))}
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("here"), name="stopping")
    for name in ("served", "stopped"):
        installation.add(name)
    installation.run("""
before = factories.NOW - 10 * factories.WEEK
with serving(town("stopped")):
    factories.session(starts_at=before)
    phone, card = factories.device()[0], factories.issued_pass()[1]
    factories.deliver(factories.scan(id=1, token=card, at=before), who=phone, at=before)
registry.stop_serving("stopped")
tell()
""")
    return installation


def test_one_that_is_stopped_forgets_in_time_and_who_watches_is_told_when_it_does_not(here):
    before = here.run(LOOK + "tell(of=of('stopped'), ready=ready())")
    assert before["of"]["keys"] == 1
    assert before["ready"][0] == 503
    assert before["ready"][1]["stopped forgetting"] == "weeks that do not close"
    assert "stopped database" not in before["ready"][1]
    assert here.manage("privacy_report", fails=True).splitlines()[-1] == "privacy_report failed for: stopped"
    after = here.run(
        LOOK
        + """
from attendance.management.commands import work
class Once(work.threading.Event):
    def wait(self, seconds):
        self.set()
work.keep_house_until(Once())
tell(of=of("stopped"), ready=ready(), is_promised=sorted(housekeeping.FORGETTING))
"""
    )
    assert after["of"]["keys"] == 0
    assert after["of"]["steps"] == after["is_promised"]
    assert after["ready"] == [200, {**before["ready"][1], "served housekeeping": "ok", "stopped forgetting": "ok"}]
    assert "weeks open too long: 0" in here.manage("privacy_report", "--municipality", "stopped")


ADDING = """
from django.core.management import CommandError
from attendance import municipalities
class Killed(BaseException):
    pass
def names():
    return [town.name for town in registry.stopped()]
def migrate_half(*arguments, **options):
    call_command("migrate", "schools", verbosity=0)
    during.append(names())
    during.append(ready())
    raise Killed
def refused(*arguments):
    try:
        call_command(*arguments)
    except CommandError as error:
        return str(error)
during, before = [], ready()
municipalities.call_command = migrate_half
try:
    call_command("municipality", "add", "new", "x@new.example", "X", "BASE_URL=http://new.example", "TOWN_NAME=New")
except Killed:
    municipalities.call_command = call_command
tell(before=before, during=during, after=names(), start=refused("municipality", "start", "new"),
     export=refused("municipality", "export", "new", sys.argv[1]))
"""


def test_one_that_is_being_added_is_none_that_is_stopped_until_all_of_it_is_there(here, tmp_path):
    found = here.run(LOOK + ADDING, str(tmp_path / "out"))
    assert found["during"] == [["stopped"], found["before"]]
    assert found["after"] == ["stopped"]
    assert found["start"] == "new is not whole. Add it again."
    assert found["export"] == "It is not whole. Add it again."
    again = here.run(
        LOOK
        + """
call_command("municipality", "add", "new", "x@new.example", "X")
is_served = registry.by_name("new").is_served
registry.stop_serving("new")
whole = [town.name for town in registry.stopped()]
missing = of("new")["missing"]
call_command("municipality", "remove", "new", "--really", "new")
tell(is_served=is_served, whole=whole, missing=missing)
"""
    )
    assert again == {"is_served": True, "whole": ["new", "stopped"], "missing": 0}


def test_who_watches_is_told_of_one_whose_restoring_was_left(here):
    found = here.run(
        LOOK
        + """
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE stopped.being_restored (since integer)")
told = ready()
with connection.cursor() as cursor:
    cursor.execute("DROP TABLE stopped.being_restored")
tell(told=told)
"""
    )
    assert (found["told"][0], found["told"][1]["stopped restoring"]) == (503, "not over")


def test_who_watches_is_told_when_nobody_is_served_at_all(here):
    found = here.run(
        LOOK
        + """
registry.stop_serving("served")
try:
    told = ready()
finally:
    registry.serve("served")
tell(told=told)
"""
    )
    assert found["told"][0] == 503
    assert found["told"][1]["municipalities"] == "none is served"


BEFORE_THE_NEWEST = sorted(path.stem for path in Path(migrations.__file__).parent.glob("0*.py"))[-2]
BEHIND = f"""
with serving(town("stopped")):
    call_command("migrate", "attendance", "{BEFORE_THE_NEWEST}", verbosity=0)
"""


def test_one_that_is_stopped_is_migrated_with_the_others_and_before_it_is_served_again(here):
    behind = here.run(LOOK + BEHIND + "tell(of=of('stopped'), ready=ready())")
    assert (missing := behind["of"]["missing"]) > 0
    assert behind["ready"][1]["stopped migrations"] == f"{missing} not applied"
    here.manage("migrate")
    assert here.run(LOOK + "tell(of=of('stopped'))")["of"]["missing"] == 0
    here.run(LOOK + BEHIND + "tell()")
    here.run("""
from attendance.models import StepRun
with serving(town("stopped")):
    StepRun.objects.update(succeeded_at=factories.NOW - factories.WEEK)  # before it was stopped
tell()
""")
    here.manage("municipality", "start", "stopped")
    found = here.run(LOOK + "tell(of=of('stopped'), ready=ready())")
    assert found["of"]["missing"] == 0
    # Nothing of it is late before the worker could come round.
    assert found["ready"][1]["stopped housekeeping"] == "ok"


def test_one_that_is_broken_hides_the_figures_of_no_other(here):
    found = here.run("""
from prometheus_client.parser import text_string_to_metric_families
from attendance import municipalities
if not registry.by_name("stopped").is_served:
    municipalities.start("stopped", at=factories.NOW)
def rename(before, after):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE stopped.{before} RENAME TO {after}")
rename("attendance_device", "hidden")
try:
    text = Client(headers={"Host": "10.4.0.17:8000"}).get("/metrics").text
finally:
    rename("hidden", "attendance_device")
told = {}
for family in text_string_to_metric_families(text):
    for one in family.samples:
        told.setdefault(one.name, {})[one.labels.get("municipality", "")] = one.value
tell(**{name: told[f"inloop_{name}"] for name in ("database_up", "municipality_answers", "phones")})
""")
    assert found["database_up"] == {"": 1}
    assert found["municipality_answers"] == {"served": 1, "stopped": 0}
    assert set(found["phones"]) == {"served"}
