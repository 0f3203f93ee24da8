"""Many municipalities in one installation: each found by its name, and nothing of one ever seen by another."""

import os

import pytest
from django.conf import settings

from tests import bouncer
from tests.many_towns import Installation

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="a file has no schemas"
    ),
]

STYLE = "https://style.example/purmerend.css"


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("many"))
    installation.add("zaanstad")
    own = ["PROGRAMME_NAME=Na schooltijd", "SCHOOL_HOLIDAY_REGION=Midden", f"THEME_STYLESHEET={STYLE}"]
    installation.add("purmerend", *own)
    return installation


def test_each_is_found_by_its_name_and_speaks_of_itself(many):
    found = many.run("""
from django.utils import translation
with serving(town("zaanstad")):
    factories.organisation(slug="only-here")
def seen(name, path):
    answer = at(name).get(path)
    return answer.status_code, answer.content.decode()
def asked(name):
    translation.activate("tr")  # as whoever was served before by this thread may have left it
    answer = at(name).get("/api/v1/sessions", headers={"Accept-Language": "en"})
    return answer.status_code, answer["Content-Type"], answer["API-Version"], answer.json()["detail"]
def of(name):
    with serving(town(name)):
        own = [settings.TOWN_NAME, settings.PROGRAMME_NAME, settings.BASE_HOST, settings.DEFAULT_FROM_EMAIL]
    described = at(name).get("/api/v1/openapi.json")
    document = described.json()
    return {
        "speaks of": [one for one in ("zaanstad", "purmerend") if f"{one}.example" in described.text],
        "policies": [at(name).get(path).headers["Content-Security-Policy"] for path in ("/", "/embed")],
        "page": f"Inloop {name.title()}" in seen(name, "/")[1],
        "robots": seen(name, "/robots.txt")[1].split()[-1],
        "document": document["servers"][0]["url"], "contact": document["info"]["contact"]["url"],
        "organisations": [one["slug"] for one in at(name).get("/api/v1/organisations").json()["results"]],
        "own": own,
    }
tell(zaanstad=of("zaanstad"), purmerend=of("purmerend"), nobody=seen("nobody", "/"), none=seen("", "/"),
     asked=[asked(name) for name in ("nobody", "")])
""")
    for name in ("zaanstad", "purmerend"):
        here = found[name]
        assert here["page"]
        assert here["robots"] == f"http://{name}.example/sitemap.xml"
        assert (here["document"], here["contact"]) == (f"http://{name}.example/api/v1", f"http://{name}.example")
        assert here["own"][0] == name.title()
        assert here["own"][2] == f"{name}.example"
        assert here["speaks of"] == [name]
        assert [STYLE in policy for policy in here["policies"]] == [name == "purmerend"] * 2
    assert found["purmerend"]["own"][1] == "Na schooltijd"
    assert [found[name]["organisations"] for name in ("zaanstad", "purmerend")] == [["only-here"], []]
    assert [found[name][0] for name in ("nobody", "none")] == [404, 404]
    assert found["asked"] == [[404, "application/problem+json", settings.API_VERSION, "Dit bestaat niet."]] * 2


def test_who_watches_is_told_of_each_by_its_name_and_nobody_else_is(many):
    found = many.run("""
by_address = Client(headers={"Host": "10.4.0.17:8000"})
def statuses(**who):
    return [by_address.get(path, **who).status_code for path in ("/healthz", "/readyz", "/metrics")]
ready = by_address.get("/readyz").text.splitlines()
told = by_address.get("/metrics").text
tell(here=statuses(), elsewhere=statuses(REMOTE_ADDR="192.0.2.7"),
     lines=[line.partition(":")[0] for line in ready],
     told=[f'inloop_phones{{municipality="{name}"}} ' in told for name in ("zaanstad", "purmerend")],
     outside=current())
""")
    assert found["here"] == [200] * 3  # no worker ran, and none is late yet
    assert found["elsewhere"] == [200, 404, 404]
    parts = ("database", "migrations", "housekeeping", "queue")
    assert found["lines"] == [f"{name} {part}" for name in ("purmerend", "zaanstad") for part in parts]
    assert (found["told"], found["outside"]) == ([True, True], None)


def test_while_the_database_is_away_a_program_is_told_when_to_come_again(many):
    found = many.run("""
from django.db import OperationalError
def away(*_arguments):
    raise OperationalError("gone")
with connection.execute_wrapper(away):
    answers = [at("zaanstad").get(path) for path in ("/api/v1/programmes", "/")]
tell(answers=[[one.status_code, one.get("Retry-After"), one["Content-Type"]] for one in answers])
""")
    assert found["answers"] == [[503, "2", "application/problem+json"], [503, "2", "text/plain"]]


def test_what_opens_one_opens_nothing_of_another(many):
    """Sessions, tokens, phones and passes, also right after this process recognised them where they are good."""
    found = many.run("""
from attendance.devices import recall
with serving(town("zaanstad")):
    factories.session()
    person = factories.coordinator()
    access = factories.access_token(user=person)
    phone, phone_token = factories.device()
    card = factories.issued_pass()[1]
with serving(town("purmerend")):
    factories.session()
    factories.coordinator()
    here = factories.device(name="Another door")[0]
browser = at("zaanstad")
with serving(town("zaanstad")):
    browser.force_login(person)
def desk(name):
    return browser.get("/desk", headers={"Host": f"{name}.example"}).status_code
def api(name):
    headers = {"Authorization": f"Bearer {access}", "Host": f"{name}.example"}
    return Client().get("/api/v1/devices", headers=headers).status_code
def door(name):
    with serving(town(name)):
        return recall(phone_token) is not None
def counted(name, who):
    with serving(town(name)):
        [result] = factories.deliver(factories.scan(id=1, token=card), who=who)
        return result.outcome
names = ["zaanstad", "purmerend"]
tell(desk=[desk(name) for name in names], api=[api(name) for name in names], door=[door(name) for name in names],
     counted=[counted("zaanstad", phone), counted("purmerend", here)])
""")
    assert found == {
        "desk": [200, 302], "api": [200, 401], "door": [True, False], "counted": ["counted", "unknown_pass"],
    }  # fmt: skip


def test_nothing_that_is_made_of_a_key_is_the_same_in_two_and_one_alone_tells_neither(many):
    found = many.run("""
import psycopg
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.cache import cache
from django.utils.crypto import salted_hmac
from schools.secrets import cipher, keyed
def made():
    return [keyed("x").hex(), salted_hmac("reach", "y").hexdigest(), signing.dumps({"id": 1})]
made_by = {"nobody": made()}
for name in ("zaanstad", "purmerend"):
    with serving(town(name)):
        made_by[name] = made()
        cache.set("tries", name)
        made_by[name] += [ContentType.objects.get_for_model(Organisation)._state.adding]
        ContentType.objects.get_for_model(Organisation).name_of = name
with serving(town("zaanstad")):
    seen = [cache.get("tries"), ContentType.objects.get_for_model(Organisation).name_of]
    locked = cipher("x").encrypt(b"secret")
def opens(name):
    with serving(town(name)):
        try:
            return cipher("x").decrypt(locked).decode()
        except Exception as error:
            return type(error).__name__
with connection.cursor() as cursor:
    cursor.execute("SELECT locked_key FROM public.inloop_municipality ORDER BY name")
    kept = [bytes(row[0]).decode() for row in cursor.fetchall()]
keys = [registry.key_of(row) for row in registry.everyone()]
tell(made=[one for values in made_by.values() for one in values[:3]], seen=seen,
     opens=[opens("zaanstad"), opens("purmerend")], keys=keys,
     in_the_table=[key in text for key in keys for text in kept])
""")
    assert len(set(found["made"])) == 9
    assert found["seen"] == ["zaanstad", "zaanstad"]
    assert found["opens"] == ["secret", "InvalidToken"]
    assert len(set(found["keys"])) == 2
    assert not any(found["in_the_table"])


def test_one_that_is_being_restored_holds_up_nobody_else(many):
    """A connection of the pool comes back as it was left: on the path of whoever is being restored."""
    found = many.run(
        """
def left_on(name):
    with serving(town(name)):
        Organisation.objects.count()
    connection.close()
def statuses():
    for host, path in (("zaanstad.example", "/api/v1/programmes"), ("10.4.0.17", "/healthz")):
        left_on("purmerend")
        yield Client(headers={"Host": host}).get(path).status_code
with serving(town("purmerend")), connection.cursor() as cursor:
    cursor.execute("CREATE TABLE being_restored (since integer)")
try:
    found = list(statuses())
finally:
    with serving(town("purmerend")), connection.cursor() as cursor:
        cursor.execute("DROP TABLE being_restored")
tell(statuses=found)
""",
        DATABASE_POOL="1",
    )
    assert found == {"statuses": [200, 200]}


def test_a_stop_is_known_within_two_seconds_of_the_asking_and_not_of_the_answer(many):
    found = many.run("""
from types import SimpleNamespace
moment = [100.0]
registry.time = SimpleNamespace(monotonic=lambda: moment[0])
def say(is_served):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {registry.TABLE} SET is_served = %s WHERE name = 'purmerend'", [is_served])
ask = registry._one
def slowly(*which):
    row = ask(*which)
    say(False)  # elsewhere, and two seconds later it is said to be over
    moment[0] += registry.BELIEVED_FOR
    return row
registry._one = slowly
try:
    first = registry.by_host("purmerend.example")
    registry._one = ask
    then = registry.by_host("purmerend.example")
finally:
    say(True)
tell(first=first and first.name, then=then and then.name)
""")
    assert found == {"first": "purmerend", "then": None}


LEAKS = """
from concurrent.futures import ThreadPoolExecutor
from django.db import close_old_connections, ProgrammingError
from django.http import HttpResponse, StreamingHttpResponse
from towns.middleware import Towns
names = ["zaanstad", "purmerend"]
def found():
    return Organisation.objects.filter(slug__startswith="own-").order_by("slug")
for name in names:
    with serving(town(name)):
        found().delete()
        for number in range(3):
            factories.organisation(slug=f"own-{name}-{number}")
def slugs():
    return list(found().values_list("slug", flat=True))
def parts():
    for slug in found().values_list("slug", flat=True).iterator(chunk_size=1):
        yield slug.encode()
def plain(request):
    return HttpResponse(" ".join(slugs()))
def streamed(request):
    return StreamingHttpResponse(parts())
def written(request):
    with transaction.atomic():
        found().filter(slug__endswith="-0").update(name=current().name)
        with transaction.atomic():
            return HttpResponse(" ".join(slugs()))
def rolled_back(request):
    try:
        with transaction.atomic():
            try:
                with transaction.atomic():
                    found().update(name="never")
                    raise ValueError
            except ValueError:
                pass
            found().update(name="nor this")
            raise KeyError
    except KeyError:
        return plain(request)
def broken(request):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM nothing")
    except ProgrammingError:
        return plain(request)
def lost(request):
    slugs()
    connection.close()
    return plain(request)
views = [plain, streamed, written, rolled_back, broken, lost]
from django.test import RequestFactory
def one(number):
    name = names[number // len(views) % 2]
    view = views[number % len(views)]
    answer = Towns(view)(RequestFactory().get("/", headers={"Host": f"{name}.example"}))
    body = b" ".join(answer).decode() if answer.streaming else answer.content.decode()
    answer.close()
    seen = set(body.split())
    outside = current()
    try:
        nobodys = slugs()
    except ProgrammingError:
        nobodys = []
    close_old_connections()
    return seen == {f"own-{name}-{n}" for n in range(3)} and outside is None and nobodys == []
def crossed():
    with serving(town("zaanstad")), transaction.atomic():
        slugs()
        with serving(town("purmerend")):
            try:
                slugs()
            except Exception as error:
                return type(error).__name__
with ThreadPoolExecutor(6) as together:
    right = list(together.map(one, range(240)))
with serving(town("zaanstad")):
    names_after = sorted(found().values_list("name", flat=True))
tell(right=right.count(True), names=names_after, crossed=crossed())
"""
LEAKLESS = {"right": 240, "names": ["Own-Zaanstad-1", "Own-Zaanstad-2", "zaanstad"], "crossed": "CrossingTowns"}


@pytest.mark.parametrize("pool", ["0", "2"])
def test_no_thread_and_no_pool_hands_one_municipality_on_to_the_next(many, pool):
    assert many.run(LEAKS, DATABASE_POOL=pool) == LEAKLESS


@pytest.mark.parametrize("pool", ["0", "2"])
def test_nor_does_pgbouncer_in_transaction_mode(many, pool):
    if not (command := bouncer.program()):
        pytest.skip("PgBouncer is not installed here, and cannot be.")
    server, user = os.environ.get("PGHOST", ""), os.environ.get("PGUSER", "")
    if not server.startswith("/") or os.environ.get("PGPASSWORD"):
        pytest.skip("PgBouncer would have to be told how to come in at this server.")
    name = many.database.rpartition("/")[2]
    with bouncer.running(command, name=name, server=server, port="5432", user=user) as way:
        assert many.run(LEAKS, PGBOUNCER="1", DATABASE_POOL=pool, **way) == LEAKLESS
