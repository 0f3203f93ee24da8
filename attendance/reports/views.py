"""The desk's pages with charts, entries and the overview of a year; and every table as a file."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from activities.weeks import WEEK, YEARS, label, local_date, week_of
from attendance import acts
from attendance.models import Entry, YearReport
from attendance.reports import charts, infographic
from attendance.reports.forms import EntryForm, YearReportForm
from attendance.reports.tables import FORMS
from attendance.reports.takeaway import REPORTS, year_tables
from attendance.reports.year import NOTES, months_drawn, year_in_figures
from schools import audit
from schools.gate import StaffRequest, coordinators_only, publishers_only, staff_only

PAGE = 50
_PICKABLE = 26  # weeks


@require_safe
@staff_only
def download(request: StaffRequest, name: str, form: str) -> HttpResponse:
    """A table of the desk as a file, for who may read the page that it is on."""
    if name not in REPORTS or form not in FORMS:
        raise Http404
    if not REPORTS[name].is_open_to(request.user.roles):
        raise PermissionDenied
    table = REPORTS[name].build(request.user, request.GET, now())
    content_type, written = FORMS[form]
    headers = {"Content-Disposition": f'attachment; filename="{table.name}.{form}"'}
    return HttpResponse(written(table), content_type=content_type, headers=headers)


@require_safe
@staff_only
def charts_page(request: StaffRequest) -> HttpResponse:
    at = now()
    asked = charts.asked_by(request.user, request.GET, at=at)
    context = {
        "figures": charts.all_figures(asked),
        "form": charts.ScopeForm(request.GET, reader=request.user),
        "asked": asked,
        "pickable": [(label(week), week) for week in (week_of(at) - number * WEEK for number in range(_PICKABLE))],
        "query": request.GET.urlencode(),
    }
    return render(request, "attendance/charts.html", context)


# ---------------------------------------------------------------- what was no session


@require_safe
@publishers_only
def entries(request: StaffRequest) -> HttpResponse:
    found = Entry.objects.for_user(request.user).select_related("organisation").in_order()
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "attendance/entry_list.html", {"page": page})


@publishers_only
def entry_new(request: StaffRequest) -> HttpResponse:
    initial = {"happened_on": local_date(now())}
    return _answer_entry(request, EntryForm(request.POST or None, by=request.user, initial=initial))


@publishers_only
def entry_edit(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    entry = get_object_or_404(Entry.objects.for_user(request.user), pk=pk)
    return _answer_entry(request, EntryForm(request.POST or None, by=request.user, instance=entry))


def _answer_entry(request: StaffRequest, form: EntryForm) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        audit.save_form(form, added=acts.ENTRY_ADDED, changed=acts.ENTRY_CHANGED, at=now())
        messages.success(request, _("Saved."))
        return redirect("desk:entries")
    is_new = form.instance._state.adding
    return render(request, "attendance/entry_form.html", {"form": form, "is_new": is_new})


@publishers_only
def entry_remove(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    entry = get_object_or_404(Entry.objects.for_user(request.user), pk=pk)
    if request.method != "POST":
        return render(request, "attendance/entry_remove.html", {"entry": entry})
    audit.delete(entry, acts.ENTRY_REMOVED, at=now())
    messages.success(request, _("Deleted."))
    return redirect("desk:entries")


# ---------------------------------------------------------------- a year


@require_safe
@coordinators_only
def this_year(request: StaffRequest) -> HttpResponse:
    return redirect("desk:year", year=local_date(now()).year)


@require_safe
@coordinators_only
def year(request: StaffRequest, year: int) -> HttpResponse:
    """What the infographic will say; all of it is for everybody, and so in the public form."""
    figures, texts = year_in_figures(_known(year), at=now()), _texts(year)
    context = {
        "figures": figures,
        "until": infographic.until(figures),
        "tiles": infographic.tiles(figures),
        "months": months_drawn(figures),
        "tables": year_tables(figures),
        "year_query": f"year={year}",
        "texts": texts,
        "proud_of": texts.proud_of.splitlines(),
        "held_back_by": texts.held_back_by.splitlines(),
        "notes": NOTES,
        "previous": year - 1 if year - 1 in YEARS else None,
        "next": year + 1 if year < local_date(now()).year else None,
    }
    return render(request, "attendance/year.html", context)


@coordinators_only
def year_texts(request: StaffRequest, year: int) -> HttpResponse:
    form = YearReportForm(request.POST or None, instance=_texts(_known(year)))
    if request.method == "POST" and form.is_valid():
        act = acts.YEAR_TEXTS_CHANGED
        audit.save_form(form, added=act, changed=act, at=now())
        messages.success(request, _("Saved."))
        return redirect("desk:year", year=year)
    return render(request, "attendance/year_texts.html", {"form": form, "year": year})


@require_safe
@coordinators_only
def year_pdf(request: StaffRequest, year: int) -> HttpResponse:
    pdf = infographic.infographic_pdf(year_in_figures(_known(year), at=now()), texts=_texts(year))
    headers = {"Content-Disposition": f'attachment; filename="{_("infographic")}-{year}.pdf"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


def _known(year: int) -> int:
    # The last one has no year after it to end at.
    if year not in YEARS[:-1]:
        raise Http404
    return year


def _texts(year: int) -> YearReport:
    return YearReport.objects.filter(pk=year).first() or YearReport(year=year)
