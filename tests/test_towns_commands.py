"""Municipalities that come, change, move and go, by the commands of docs/municipalities.md."""

import re
import signal
import stat

import psycopg
import pytest
from django.conf import settings

from tests.many_towns import Installation

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="a file has no schemas"
    ),
]

LOOK = """
import io
from django.core.management import CommandError, call_command
from attendance.models import CheckIn, Pass
from schools.models import Invitation, User
def do(*arguments):
    told = io.StringIO()
    try:
        call_command(*arguments, stdout=told, stderr=io.StringIO())
    except CommandError as error:
        return str(error)
    return told.getvalue()
def of(row):
    with serving(registry.town_of(row)):
        return {"visits": CheckIn.objects.count(), "passes": Pass.objects.count(), "name": settings.TOWN_NAME,
                "key": settings.SECRET_KEY, "invited": list(Invitation.objects.values_list("user__email", flat=True))}
def status(row):
    return Client(headers={"Host": row.host}).get("/api/v1/programmes").status_code
def look():
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1")
        schemas = [row[0] for row in cursor.fetchall()]
    rows = registry.everyone()
    return {"schemas": schemas, "statuses": {row.name: status(row) for row in rows},
            "towns": {row.name: of(row) for row in rows}}
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("here"), name="here")
    installation.add("leaving")
    return installation


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("there"), name="there")
    installation.more["SECRET_KEY"] = "of-the-other-one" * 4
    return installation


def test_one_comes_with_an_invitation_for_its_first_coordinator_and_once(here):
    found = here.run(
        LOOK
        + """
with serving(town("leaving")):
    roles = [row.role for user in User.objects.all() for row in user.memberships.all()]
again = do("municipality", "add", "leaving", "x@leaving.example", "X")
tell(**look(), again=again, listed=do("municipality", "list"), roles=roles)
"""
    )
    assert found["schemas"] == ["information_schema", "leaving", "public"]
    assert found["statuses"] == {"leaving": 200}
    assert found["towns"]["leaving"]["invited"] == ["first@leaving.example"]
    assert found["roles"] == ["coordinator"]
    assert found["again"] == "leaving is here already."
    assert found["listed"] == "leaving\thttp://leaving.example\tserved\n"


def test_what_cannot_be_is_refused_before_anything_is_made(here):
    found = here.run(
        LOOK
        + """
from django.core.exceptions import ImproperlyConfigured
def refused(name, **given):
    try:
        registry.enter(name, {"BASE_URL": "http://new.example", "TOWN_NAME": "New", **given})
    except ImproperlyConfigured as error:
        return str(error)
names = [refused(name) for name in ("New", "new-town", "public", "pg_new", "a" * 41, "new;drop")]
given = {"BASE_URL": "https://new.example", "PRINT_BRAND": "red", "DATABASE_URL": "postgres:///x", "TOWN_NAME": "",
         "CLOSE_AFTER_DAYS": "many", "OIDC_ISSUER": "http://login.example"}
settings_of = [refused("new", **{name: value}) for name, value in given.items()]
roles = "OIDC_ROLES=Inloop.Council=cordinator"
new = ["BASE_URL=http://new.example", "TOWN_NAME=New", roles]
roles_of = [do("municipality", "set", "leaving", roles), do("municipality", "adopt", "new", *new),
            do("municipality", "add", "new", "x@new.example", "X", *new)]
set_well = do("municipality", "set", "leaving", "OIDC_ROLES=Inloop.Council=coordinator")
taken = [refused("leaving"), refused("new", BASE_URL="http://leaving.example/")]
tell(names=names, settings=settings_of, taken=taken, there=[row.name for row in registry.everyone()],
     roles=roles_of, set_well=set_well, kept=registry.by_name("leaving").given["OIDC_ROLES"])
"""
    )
    assert all("no name for a schema" in refusal for refusal in found["names"])
    assert all(found["settings"])
    assert all(refusal.startswith("OIDC_ROLES:") for refusal in found["roles"])
    assert (found["set_well"], found["kept"]) == ("", "Inloop.Council=coordinator")
    assert all("there already" in refusal for refusal in found["taken"])
    assert found["there"] == ["leaving"]


OWN = """
with connection.cursor() as cursor:
    cursor.execute("SELECT table_schema FROM information_schema.tables WHERE table_name = 'attendance_checkin'")
    of = cursor.fetchall()
    cursor.execute("SHOW lock_timeout")
    tell(of=of, waits=cursor.fetchone()[0])
"""


def alone_with(folder, name, key):
    """An installation of one, whose rows stand in the schema of the municipality that it was."""
    alone = Installation(folder, name=name)
    database = alone.database.rpartition("/")[2]
    with psycopg.connect(dbname=database, autocommit=True) as connection:
        # In its database alone, for it is the role of every test.
        connection.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {database} SET search_path TO leaving")
    alone.more = {"MUNICIPALITIES": "0", "BASE_URL": "http://testserver", "SECRET_KEY": key}
    return alone


def test_one_leaves_for_an_installation_of_its_own_and_is_restored_there(here, tmp_path):
    here.manage("municipality", "export", "leaving", str(tmp_path / "out"))
    key = (tmp_path / "out" / "secret-key").read_text()
    alone = alone_with(tmp_path, "own", key)
    told = alone.manage("restore", str(tmp_path / "out" / "rows.backup"))
    assert "people: 1" in told
    assert alone.manage("backup", str(tmp_path / "again")) == told
    again = alone_with(tmp_path, "own_again", key)
    assert again.manage("restore", str(tmp_path / "again")) == told
    assert again.run(OWN, PGOPTIONS="-c lock_timeout=5s") == {"of": [["leaving"]], "waits": "5s"}


def test_settings_and_key_are_kept_apart_and_with_its_backup_make_it_anew(here, tmp_path):
    here.manage("municipality", "export", "leaving", str(tmp_path / "apart"), "--without-rows")
    assert {path.name for path in (tmp_path / "apart").iterdir()} == {"settings.json", "secret-key"}
    here.manage("backup", str(tmp_path / "rows"), "--municipality", "leaving")
    anew = Installation(tmp_path, name="anew")
    anew.more["SECRET_KEY"] = "of-the-new-one" * 4
    for _twice in range(2):
        assert anew.manage("municipality", "import", str(tmp_path / "apart")) == ""
    assert "not whole" in anew.manage("municipality", "start", "leaving", fails=True)
    assert anew.manage("municipality", "list").endswith("not served\n")
    anew.manage("restore", str(tmp_path / "rows"), "--municipality", "leaving")
    anew.manage("municipality", "start", "leaving")
    look = LOOK + "tell(**look())"
    assert anew.run(look)["towns"] == here.run(look)["towns"]


def test_one_moves_with_its_rows_and_its_key_and_then_goes_for_good(here, there, tmp_path):
    folder = tmp_path / "out"
    left = here.run(
        LOOK
        + """
with serving(town("leaving")):
    factories.session()
    phone, card = factories.device()[0], factories.issued_pass()[1]
    factories.deliver(factories.scan(id=1, token=card), who=phone)
do("municipality", "set", "leaving", "TOWN_NAME=Leaving for good")
do("municipality", "stop", "leaving")
tell(**look(), told=do("municipality", "export", "leaving", sys.argv[1]))
""",
        str(folder),
    )
    assert left["statuses"] == {"leaving": 404}
    assert {path.name for path in folder.iterdir()} == {"rows.backup", "settings.json", "secret-key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    arrived = there.run(
        LOOK
        + """
told = [do("municipality", "import", sys.argv[1], "BASE_URL=http://moved.example") for _twice in range(2)]
tell(**look(), told=told, listed=do("municipality", "list"))
""",
        str(folder),
    )
    assert arrived["told"] == [left["told"], "leaving is here already."]
    assert arrived["towns"] == left["towns"]
    assert arrived["towns"]["leaving"]["visits"] == 1
    assert arrived["listed"] == "leaving\thttp://moved.example\tserved\n"
    gone = here.run(
        LOOK
        + """
refused = do("municipality", "remove", "leaving", "--really", "leave")
told = do("municipality", "remove", "leaving", "--really", "leaving")
tell(**look(), refused=refused, told=told, stopped=do("municipality", "stop", "leaving"))
"""
    )
    assert gone["refused"] == "Nothing was done."
    assert "Its backups are not" in gone["told"]
    assert (gone["schemas"], gone["towns"]) == (["information_schema", "public"], {})
    assert gone["stopped"] == "There is no municipality leaving."


def test_who_served_one_becomes_the_first_of_many(tmp_path):
    alone = Installation(tmp_path, name="alone")
    alone.manage("migrate", MUNICIPALITIES="0")
    alone.more["SECRET_KEY"] = "of-one-alone" * 5
    found = alone.run(
        LOOK
        + """
def adopt(name):
    return do("municipality", "adopt", name, f"BASE_URL=http://{name}.example", "TOWN_NAME=X")
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE public.being_restored (since integer)")
    half = adopt("zaanstad")
    cursor.execute("DROP TABLE public.being_restored")
told = [adopt(name) for name in ("zaanstad", "other")]
tell(**look(), told=told, half=half)
"""
    )
    assert found["schemas"] == ["information_schema", "public", "zaanstad"]
    assert found["statuses"] == {"zaanstad": 200}
    assert found["towns"]["zaanstad"]["key"] == "of-one-alone" * 5
    assert found["half"] == "zaanstad is not whole. Restore its backup first."
    assert "municipalities already" in found["told"][1]


def test_a_command_is_for_one_or_for_all_and_one_that_fails_stops_no_other(there):
    there.add("broken")
    there.add("whole")
    assert "say which with --municipality" in there.manage("issue_token", "x@inloop.example", "x", fails=True)
    assert "There is no municipality" in there.manage("housekeeping", "--municipality", "nobody", fails=True)
    there.run("""
with serving(town("broken")), connection.cursor() as cursor:
    cursor.execute("ALTER TABLE attendance_week RENAME TO hidden")
tell()
""")
    said = there.manage("housekeeping", fails=True)
    assert said.splitlines()[-1] == "housekeeping failed for: broken"
    assert re.findall(r"^(\w+):$", said, re.M) == ["broken", "leaving", "whole"]


def test_keys_are_locked_under_another_secret_key_and_stay_the_same(there):
    keys = "tell(**{row.name: registry.key_of(row) for row in registry.everyone()})"
    before, other = there.run(keys), "a-new-one" * 6
    said = there.manage("municipality", "relock", fails=True, SECRET_KEY=other, SECRET_KEY_BEFORE="a-wrong-one" * 5)
    assert "neither SECRET_KEY" in said
    for _time in range(2):
        there.manage("municipality", "relock", SECRET_KEY=other, SECRET_KEY_BEFORE=there.more["SECRET_KEY"])
    there.more["SECRET_KEY"] = other
    assert there.run(keys) == before


def test_one_is_restored_while_the_others_are_served(there, tmp_path):
    assert there.manage("backup", str(tmp_path), fails=True).splitlines()[-1] == "backup failed for: broken"
    assert {"leaving", "whole"} <= {re.match("[a-z]+", path.name)[0] for path in tmp_path.iterdir()}
    there.manage("backup", str(tmp_path / "{municipality}.backup"), "--municipality=whole")
    file = str(tmp_path / "whole.backup")
    assert "is being served" in there.manage("restore", file, "--municipality", "whole", fails=True)
    stopped = there.run(
        LOOK
        + """
do("municipality", "stop", "whole")
with connection.cursor() as cursor:
    cursor.execute("DROP SCHEMA whole CASCADE")
    cursor.execute("CREATE SCHEMA whole")
started = [do("municipality", "start", "whole")]
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE whole.being_restored (since integer)")  # and then it was killed
started += [do("municipality", "start", "whole"), do("municipality", "add", "whole", "x@whole.example", "X")]
with serving(town("whole")):
    tables = connection.introspection.table_names()
tell(started=started, left=do("municipality", "export", "whole", sys.argv[1]), tables=tables,
     leaving=status(registry.by_name("leaving")), whole=status(registry.by_name("whole")))
""",
        str(tmp_path / "half"),
    )
    assert stopped["started"] == ["whole is not whole. Restore its backup first."] * 3
    assert "restoring is not over" in stopped["left"]
    assert (stopped["tables"], stopped["leaving"], stopped["whole"]) == (["being_restored"], 200, 404)
    there.manage("restore", file, "--municipality=whole")
    # As who does not know that it was over when something was killed.
    again = there.manage("restore", file, "--municipality=whole", fails=True)
    assert "not empty" in again
    assert "`manage.py municipality start whole`" in again
    there.manage("municipality", "start", "whole")
    found = there.run(LOOK + 'tell(of=of(registry.by_name("whole")), status=status(registry.by_name("whole")))')
    assert (found["of"]["invited"], found["status"]) == (["first@whole.example"], 200)


HALF_WAY = """
import os, signal
from attendance import backups
from towns import commands
begun = []
def figures():
    begun.append(current().name)
    os.kill(os.getpid(), signal.SIGTERM)
backups.figures = figures
try:
    commands.run(["manage.py", "backup", sys.argv[1]])
except SystemExit as end:
    tell(begun=begun, code=end.code)
"""


def test_a_backup_of_all_that_is_stopped_half_way_begins_with_no_other_and_leaves_no_keys(there, tmp_path):
    assert there.run(HALF_WAY, str(tmp_path)) == {"begun": ["broken"], "code": 128 + signal.SIGTERM}
    assert not list(tmp_path.iterdir())


WORK = """
import threading
from django_tasks_db.models import DBTaskResult
from attendance.management.commands.work import work_off_until
from schools import post
from schools.models import Letter
ending = threading.Event()
done = {}
def sent(pk):
    with transaction.atomic():
        done.setdefault(current().name, []).append(Letter.objects.filter(pk=pk).exists())
    if current().name == "whole":
        ending.set()
post.deliver = lambda pk: sent(pk) or post.Outcome.NOT_OURS
for name in ("leaving", "whole"):
    with serving(town(name)), transaction.atomic():
        post.queue("invitation", to=factories.coordinator(), at=factories.NOW)
work_off_until(ending)
tell(done={name: set(found) == {True} for name, found in done.items()}, outside=current())
"""


def test_the_worker_goes_from_one_to_the_next_and_keeps_their_letters_apart(there):
    assert there.run(WORK) == {"done": {"broken": True, "leaving": True, "whole": True}, "outside": None}


STOPPED = """
import threading
from django_tasks_db.models import DBTaskResult
from attendance.management.commands import work
from schools import post
registry.BELIEVED_FOR = 0  # as if the other processes had waited for it
def say(**served):
    for name, is_served in served.items():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {registry.TABLE} SET is_served = %s WHERE name = %s", [is_served, name])
def housekeeping(**options):
    kept.append(current().name if registry.is_served(current()) else f"{current().name}, stopped")
    say(leaving=False)
def sent(pk):
    letters.append(current().name)
    say(leaving=False)
    return post.Outcome.NOT_OURS
class Twice(threading.Event):
    def wait(self, seconds):
        self.times = getattr(self, "times", 0) + 1
        return self.times > 2
    def is_set(self):
        return getattr(self, "times", 0) > 2
kept, letters = [], []
work.keep_house, post.deliver = housekeeping, sent
try:
    work.keep_house_until(Twice())
    say(leaving=True)
    for name in ("broken", "leaving", "whole"):
        with serving(town(name)), transaction.atomic():
            DBTaskResult.objects.all().delete()
            for number in (1, 2) if name != "broken" else ():
                person = factories.coordinator(email=f"{number}@{name}.example")
                post.queue("invitation", to=person, at=factories.NOW)
    work.work_off_until(Twice())
finally:
    say(leaving=True)
tell(kept=kept, letters=letters)
"""


def test_once_one_is_stopped_the_worker_does_no_task_for_it_and_only_forgets(there):
    found = there.run(STOPPED)
    assert found["kept"] == ["broken", "whole", "leaving, stopped"] * 3
    assert found["letters"] == ["leaving", "whole", "whole"]
