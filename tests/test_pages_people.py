"""People, invitations, letters and targets, as a coordinator looks after them at the desk."""

import re

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attendance.models import Target
from attendance.questions import Question
from attendance.totals import weekly_totals
from schools import invitations, people, post
from schools.access import roles_of
from schools.models import Invitation, Letter, LetterKind, Problem, User
from schools.rights import Rights
from tests import factories
from tests.factories import DAY, NOW, day
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]
NEW = "a quite new password"


@pytest.fixture
def desk(client):
    client.force_login(factories.coordinator())
    return client


@pytest.fixture
def invited(desk, shop):
    said = {"email": "sam@inloop.example", "name": "Sam", "language": "nl", "works_at": [shop.pk]}
    answer = desk.post("/desk/people/new", said, follow=True)
    assert "De uitnodiging gaat naar sam@inloop.example." in text(answer)
    return User.objects.get(email="sam@inloop.example")


def opened(desk, path):
    """What the form of a person sends back when nothing is ticked; their name is Kim."""
    version = re.search(r'name="version" value="(\w+)"', desk.get(f"{path}/edit").content.decode())
    return {"name": "Kim", "version": version[1] if version else ""}


def secret():
    assert post.deliver_due(at=NOW) == 1
    return re.search(r"/invite#(\w{16})$", mail.outbox[-1].body, flags=re.MULTILINE)[1]


# ---------------------------------------------------------------- people


def test_an_invitation_from_the_form_to_the_desk_of_who_was_invited(desk, invited, shop):
    assert "onderweg" in text(desk.get("/desk/people"))
    code = secret()
    listed = text(desk.get("/desk/people"))
    for words in (
        "Sam sam@inloop.example",
        "jongerenwerker · Shop",
        "De link werkt tot dinsdag 1 december, 16.00 uur.",
    ):
        assert words in listed

    theirs = Client()
    assert "Code van je uitnodiging" in text(theirs.get("/invite"))
    welcome = theirs.post("/invite", {"code": f"http://testserver/invite#{code}"})
    assert 'value="sam@inloop.example" readonly' in welcome.content.decode()
    wrong = {"code": code, "name": "Sam", "password": NEW, "again": "another password"}
    assert "De twee wachtwoorden zijn niet gelijk." in text(theirs.post("/invite", wrong))
    poor = wrong | {"password": "kort", "again": "kort"}
    assert "Dit wachtwoord is te kort. Gebruik minstens 12 tekens." in text(theirs.post("/invite", poor))
    assert theirs.get("/desk").status_code == 302

    answer = theirs.post("/invite", wrong | {"again": NEW}, follow=True)
    assert answer.redirect_chain == [("/desk", 302)]
    assert roles_of(User.objects.get(pk=invited.pk)).works_at == {shop.pk}
    # It worked once; a second person finds it shut.
    assert "al gebruikt of te oud" in text(Client().post("/invite", {"code": code}))
    assert "al gebruikt of te oud" in text(Client().post("/invite", wrong | {"again": NEW}))
    assert "Uitgenodigd" not in text(desk.get("/desk/people"))


def test_no_code_is_in_an_address_or_kept_by_a_browser(invited):
    code = secret()
    answer = Client().post("/invite", {"code": code})
    assert "no-store" in answer["Cache-Control"]
    assert not [link for link in re.findall(r'(?:href|src|action)="([^"]*)"', answer.content.decode()) if code in link]
    assert "Code van je uitnodiging" in text(Client().get("/invite", {"code": code}))


@pytest.mark.parametrize("typed", ["", "0" * 16, "x" * 500, "\x00", "#"])
def test_what_is_no_code_gets_a_friendly_sentence(db, typed):
    answer = Client().post("/invite", {"code": typed})
    assert (answer.status_code, 'aria-invalid="true"' in answer.content.decode()) == (200, True)


def test_an_invitation_is_sent_again_and_withdrawn(desk, invited):
    first = secret()
    answer = desk.post(f"/desk/people/{invited.reference}/resend", follow=True)
    assert "Er gaat een nieuwe uitnodiging naar sam@inloop.example." in text(answer)
    assert secret() != first
    assert "Intrekken" in text(desk.get(f"/desk/people/{invited.reference}/withdraw"))
    assert Invitation.objects.exists()
    assert "Ingetrokken." in text(desk.post(f"/desk/people/{invited.reference}/withdraw", follow=True))
    assert not User.objects.filter(pk=invited.pk).exists()
    for verb in ("resend", "withdraw", "edit", "remove"):
        assert desk.post(f"/desk/people/{invited.reference}/{verb}").status_code == 404


def test_roles_are_changed_and_somebody_is_removed(desk, shop):
    person = factories.publisher(of=shop.organisation)
    path = f"/desk/people/{person.reference}"
    form = desk.get(f"{path}/edit").content.decode()
    assert f'name="publishes_for" value="{shop.organisation_id}" id="id_publishes_for_0"' in form
    assert "is_administrator" not in form
    desk.post(f"{path}/edit", opened(desk, path) | {"works_at": [shop.pk], "is_administrator": "on"})
    changed = User.objects.get(pk=person.pk)
    assert (str(changed), changed.is_superuser, [str(role) for role in changed.memberships.all()]) == (
        "Kim",
        False,
        ["jongerenwerker · Shop"],
    )
    assert "minstens één rol" in text(desk.post(f"{path}/edit", opened(desk, path)))
    wrong = opened(desk, path) | {"works_at": ["999999999999999999999999"]}
    assert desk.post(f"{path}/edit", wrong).status_code == 200
    assert "Kim kan er niet meer in." in text(desk.post(f"{path}/remove", follow=True))
    assert "Kim" not in text(desk.get("/desk/people"))


@pytest.mark.parametrize("change", [{"rights": Rights(is_coordinator=True)}, {"name": "Kim de Vries"}])
def test_a_form_that_was_open_meanwhile_gives_nothing_back(desk, shop, change):
    person = factories.youth_worker(at=shop)
    path = f"/desk/people/{person.reference}"
    form = opened(desk, path) | {"works_at": [shop.pk]}
    said = {"name": "Kim", "rights": Rights.of(person)} | change
    people.change(person, **said, by=User.objects.get(email="coordinator@inloop.example"))

    answer = desk.post(f"{path}/edit", form)

    assert "Iemand anders heeft dit intussen veranderd." in text(answer)
    left = User.objects.get(pk=person.pk)
    assert (left.name, Rights.of(left)) == (said["name"], said["rights"])
    assert desk.post(f"{path}/edit", opened(desk, path) | {"works_at": [shop.pk]}).status_code == 302


def test_what_is_refused_is_said_and_changes_nothing(desk):
    boss, admin = User.objects.get(), factories.administrator()
    listed = desk.get("/desk/people").content.decode()
    assert f"/desk/people/{admin.reference}/" not in listed
    assert "Alleen een beheerder mag een beheerder veranderen." in text(
        desk.post(f"/desk/people/{admin.reference}/remove", follow=True)
    )
    User.objects.filter(pk=admin.pk).update(is_active=False)
    assert "Dit is de laatste coördinator." in text(desk.post(f"/desk/people/{boss.reference}/remove", follow=True))
    assert roles_of(User.objects.get(pk=boss.pk)).is_coordinator


def test_an_administrator_may_make_another(client, desk, shop):
    client.force_login(factories.administrator())
    said = {"email": "root@inloop.example", "name": "Root", "language": "en", "is_administrator": "on"}
    client.post("/desk/people/new", said)
    assert Rights.of(User.objects.get(email="root@inloop.example")).is_administrator
    secret()
    assert mail.outbox[0].subject == "Come and work with Inloop in Zaanstad"
    assert "http://testserver/en/invite#" in mail.outbox[0].body


def test_many_people_come_in_pages_and_cost_no_more_queries_than_few(desk, shop):
    boss = User.objects.get()

    def queries(page):
        with CaptureQueriesContext(connection) as asked:
            answer = desk.get("/desk/people", {"page": page})
        return len(asked), answer

    rights = Rights(works_at=frozenset([shop.pk]), publishes_for=frozenset([shop.organisation_id]))
    invitations.invite(email="first@x.example", name="First", rights=rights, language="nl", by=boss, at=NOW)
    desk.get("/desk/people")
    few, _answer = queries(1)
    for number in range(30):
        place = factories.location(slug=f"place-{number % 5}")
        factories.youth_worker(at=place, email=f"worker-{number:02}@x.example")
        invitations.invite(email=f"{number:02}@x.example", name="", rights=rights, language="nl", by=boss, at=NOW)
    shown = []
    for page in (1, 2, 3):
        cost, answer = queries(page)
        assert cost <= few
        shown += re.findall(r'<span class="small address">([^<]+)</span>', answer.content.decode())
    assert len(shown) == len(set(shown)) == 62
    assert "first@x.example" in shown[:31]


# ---------------------------------------------------------------- letters


def test_what_did_not_arrive_is_on_the_desk_and_first_on_its_page_and_goes_again(desk, invited):
    assert "niet aangekomen" not in text(desk.get("/desk"))
    boss = User.objects.get(email="coordinator@inloop.example")
    for number in range(30):
        post.queue_digest(to=boss, week=day("2026-11-23") - number * 7 * DAY, at=NOW)
    Letter.objects.filter(kind=LetterKind.DIGEST).update(sent_at=NOW)
    letter = Letter.objects.get(kind=LetterKind.INVITATION)
    Letter.objects.filter(pk=letter.pk).update(failed_at=NOW, problem=Problem.REFUSED, queued_at=NOW - DAY)

    assert "1 e-mail is niet aangekomen. Bekijk welke" in text(desk.get("/desk"))
    assert "De mailserver weigert de e-mail. Bestaat dit adres?" in text(desk.get("/desk/people"))
    with CaptureQueriesContext(connection) as asked:
        answer = desk.get("/desk/letters")
    assert len(asked) == 5  # as with one
    assert re.search(r"Opnieuw sturen.*Cijfers van de week", text(answer))
    assert "er is geen mailserver ingesteld" in text(answer)
    assert "We sturen de e-mail opnieuw." in text(desk.post(f"/desk/letters/{letter.pk}/again", follow=True))
    assert "al verstuurd" in text(desk.post(f"/desk/letters/{letter.pk}/again", follow=True))
    assert secret()
    assert "niet aangekomen" not in text(desk.get("/desk"))


# ---------------------------------------------------------------- targets


def test_a_target_holds_from_its_monday_until_the_next(desk, shop):
    line = factories.programme(slug="vr-game")
    for of, starts_on, visits in (
        ("location/shop", "2026-11-02", 100),
        ("location/shop", "2026-11-23", 140),
        ("programme/vr-game", "2026-11-16", 30),
    ):
        answer = desk.post("/desk/targets/new", {"of": of, "starts_on": starts_on, "visits": visits}, follow=True)
        assert answer.redirect_chain == [("/desk/targets", 302)]
    # What was written down for the same Monday is replaced.
    desk.post("/desk/targets/new", {"of": "location/shop", "starts_on": "2026-11-02", "visits": 90})

    listed = text(desk.get("/desk/targets"))
    assert "Shop 140 bezoeken per week vanaf 23 november 2026: 140" in listed
    assert "vanaf 2 november 2026: 90" in listed
    assert "Vr-Game 30 bezoeken per week" in listed
    totals = weekly_totals(Question(first=day("2026-10-26"), last=day("2026-11-23"), group_by="location"), at=NOW)
    assert [row.target for row in totals] == [None, 90, 90, 90, 140]
    assert Target.objects.get(programme=line).visits == 30


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"starts_on": "2026-11-24"}, "Kies een maandag."),
        ({"of": "location/nothing"}, "Kies"),
        ({"of": ""}, "Vul"),
        ({"visits": "0"}, "1"),
        ({"visits": "99999999999"}, "1000000"),
    ],
)
def test_what_makes_no_sense_as_a_target_is_said(desk, shop, change, words):
    said = {"of": "location/shop", "starts_on": "2026-11-23", "visits": "5"}
    answer = desk.post("/desk/targets/new", said | change)
    assert 'aria-invalid="true"' in answer.content.decode()
    assert words in text(answer)
    assert not Target.objects.exists()


def test_a_target_is_deleted_after_a_question(desk, shop):
    factories.target(place=shop, visits=140, starts_on="2026-11-23")
    path = "/desk/targets/location/shop/2026-11-23/remove"
    assert "vanaf 23 november 2026: 140" in text(desk.get(path))
    assert Target.objects.exists()
    assert "Verwijderd" in text(desk.post(path, follow=True))
    assert not Target.objects.exists()
    for gone in (path, path.replace("location", "organisation"), path.replace("2026-11-23", "yesterday")):
        assert desk.get(gone).status_code == 404


def test_the_list_of_targets_costs_no_more_queries_than_a_short_one(desk, shop):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            desk.get("/desk/targets")
        return len(asked)

    desk.get("/desk/targets")
    few = queries()
    for number in range(30):
        place = factories.location(slug=f"place-{number}")
        factories.target(place=place, visits=10, starts_on="2026-11-23")
    assert queries() <= few
