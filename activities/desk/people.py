"""Who works here: for coordinators, who invite them, change what they may do, and let them go."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.timezone import now
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from activities.forms.people import InvitationForm, RightsForm
from schools import invitations, people
from schools.gate import StaffRequest, coordinators_only
from schools.models import Invitation, Letter, LetterKind, Membership, User
from schools.rules import RuleViolation
from schools.signin import municipality, second_step

PAGE = 25


@dataclass(frozen=True)
class Line:
    """One person of the list, as it is read."""

    person: User
    roles: list[Membership]
    is_changeable: bool
    letter: Letter | None  # of who was invited, the last one
    is_in_trouble: bool
    is_too_late: bool

    @classmethod
    def of(cls, person: User, *, reader: User, at: dt.datetime) -> "Line":
        letter = next(iter(person.letters.all()), None)
        expires = person.invitation.expires_at if not person.is_active else None
        return cls(
            person=person,
            roles=list(person.memberships.all()),
            is_changeable=reader.is_superuser or not person.is_superuser,
            letter=letter,
            is_in_trouble=bool(letter and letter.is_in_trouble(at=at)),
            is_too_late=bool(expires and expires <= at),
        )


@require_safe
@coordinators_only
def index(request: StaffRequest) -> HttpResponse:
    # Who was invited first: there is something to wait for.
    page = Paginator(_present(request).order_by("is_active", "name", "email", "pk"), PAGE).get_page(
        request.GET.get("page")
    )
    at = now()
    lines = [Line.of(person, reader=request.user, at=at) for person in page]
    context = {
        "page": page,
        "invited": [line for line in lines if not line.person.is_active],
        "here": [line for line in lines if line.person.is_active],
    }
    return render(request, "activities/people.html", context)


@coordinators_only
def new(request: StaffRequest) -> HttpResponse:
    form = InvitationForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid() and (invitation := form.invite(at=now())):
        messages.success(request, _("The invitation goes to %(email)s.") % {"email": invitation.user.email})
        return redirect("desk:people")
    return render(request, "activities/person_form.html", {"form": form, "name": ""})


@coordinators_only
def edit(request: StaffRequest, reference: uuid.UUID) -> HttpResponse:
    person = _person(request, reference)
    form = RightsForm(request.POST or None, by=request.user, person=person)
    if request.method == "POST" and form.is_valid() and form.apply():
        messages.success(request, _("Saved."))
        # Who has just stepped down may not see the list any more.
        return redirect("desk:home" if person == request.user else "desk:people")
    context = {"form": form, "name": str(person), "person": person, "is_tied": municipality.is_tied(person)}
    context["has_second_step"] = second_step.is_set_up_by(person)
    return render(request, "activities/person_form.html", context)


@coordinators_only
def remove(request: StaffRequest, reference: uuid.UUID) -> HttpResponse:
    person = _person(request, reference, is_active=True)
    if request.method != "POST":
        return render(request, "activities/person_remove.html", {"person": person})
    done = _("%(name)s cannot get in any more.") % {"name": person}
    return _answer(request, lambda: people.remove(person, by=request.user), done=done)


@require_POST
@coordinators_only
def forget_password(request: StaffRequest, reference: uuid.UUID) -> HttpResponse:
    person = _person(request, reference, is_active=True)
    done = _("An e-mail with a link goes to %(email)s.") % {"email": person.email}
    verb = partial(invitations.forget_password, person, language=get_language() or "", by=request.user, at=now())
    return _answer(request, verb, done=done)


@require_POST
@coordinators_only
def forget_second_step(request: StaffRequest, reference: uuid.UUID) -> HttpResponse:
    # Also of who is to choose a password: the phone may be lost too.
    person = _person(request, reference)
    done = _("%(name)s logs in with the password alone now, and sets up a second step anew.") % {"name": person}
    return _answer(request, lambda: people.forget_second_step(person, by=request.user), done=done)


@require_POST
@coordinators_only
def resend(request: StaffRequest, reference: uuid.UUID) -> HttpResponse:
    invitation = _invitation(request, reference)
    done = _("A new invitation goes to %(email)s.") % {"email": invitation.user.email}
    return _answer(request, lambda: invitations.resend(invitation, by=request.user, at=now()), done=done)


@coordinators_only
def withdraw(request: StaffRequest, reference: uuid.UUID) -> HttpResponse:
    invitation = _invitation(request, reference)
    if request.method != "POST":
        return render(request, "activities/invitation_withdraw.html", {"invitation": invitation})
    return _answer(request, lambda: invitations.withdraw(invitation, by=request.user), done=_("Withdrawn."))


def _answer(request: StaffRequest, verb: Callable[[], object], *, done: str) -> HttpResponse:
    try:
        verb()
        messages.success(request, done)
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    return redirect("desk:people")


def _present(request: StaffRequest) -> QuerySet[User]:
    """Who works here, and who was invited."""
    roles = Membership.objects.select_related("organisation", "location").order_by("role", "pk")
    letters = Letter.objects.for_user(request.user).filter(kind=LetterKind.INVITATION).order_by("-queued_at", "pk")
    present = User.objects.for_user(request.user).filter(Q(is_active=True) | Q(invitation__isnull=False))
    return present.select_related("invitation").prefetch_related(
        Prefetch("memberships", roles), Prefetch("letters", letters)
    )


def _person(request: StaffRequest, reference: uuid.UUID, **of: bool) -> User:
    return get_object_or_404(_present(request).filter(**of), reference=reference)


def _invitation(request: StaffRequest, reference: uuid.UUID) -> Invitation:
    own = Invitation.objects.for_user(request.user).select_related("user")
    return get_object_or_404(own, user__reference=reference)


urlpatterns: list[URLPattern] = [
    path("/people", index, name="people"),
    path("/people/new", new, name="person_new"),
    path("/people/<uuid:reference>/edit", edit, name="person_edit"),
    path("/people/<uuid:reference>/remove", remove, name="person_remove"),
    path("/people/<uuid:reference>/password", forget_password, name="person_password"),
    path("/people/<uuid:reference>/second-step", forget_second_step, name="person_second_step"),
    path("/people/<uuid:reference>/resend", resend, name="person_resend"),
    path("/people/<uuid:reference>/withdraw", withdraw, name="person_withdraw"),
]
