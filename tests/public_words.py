"""Which sentences a visitor, a parent or a stranger can meet: those have to be there in every language.

By room: a file, or what stands in one under a name. Who adds a public page adds it here; what this list forgets,
tests/test_messages.py finds by reading every public page in every language.
"""

import ast
import io
from pathlib import Path

from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
PUBLIC = [
    "templates/400.html",
    "templates/403.html",
    "templates/403_csrf.html",
    "templates/404.html",
    "templates/429.html",
    "templates/base.html",
    "templates/activities/_card.html",
    "templates/activities/_changed_today.html",
    "templates/activities/_chips.html",
    "templates/activities/_dates.html",
    "templates/activities/_days.html",
    "templates/activities/_in_dutch.html",
    "templates/activities/_places_left.html",
    "templates/activities/_status.html",
    "templates/activities/_subscribe.html",
    "templates/activities/activity_detail.html",
    "templates/activities/campaign_unknown.html",
    "templates/activities/embed.html",
    "templates/activities/home.html",
    "templates/activities/location_detail.html",
    "templates/activities/organisation_detail.html",
    "templates/activities/programme_detail.html",
    "templates/attendance/_place_button.html",
    "templates/attendance/_place_choice.html",
    "templates/attendance/_places.html",
    "templates/attendance/_places_on_pass.html",
    "templates/attendance/pass.html",
    "templates/attendance/pass_places.html",
    "templates/attendance/pass_offline.html",
    "templates/attendance/walk_in.html",
    "templates/forms/_errors.html",
    "templates/forms/_field.html",
    "templates/forms/_summary.html",
    "templates/schools/accessibility.html",
    "templates/schools/privacy.html",
    "activities/agenda.py:Choice",
    "activities/filters.py:WordsField",
    "activities/models/programmes.py:Level",
    "activities/posters.py:_data",
    "activities/posters.py:_of_activity",
    "activities/posters.py:_exceptions",
    "activities/views.py",
    "activities/wording.py:ages",
    "activities/wording.py:by_another_calendar",
    "activities/wording.py:clock",
    "activities/wording.py:date_with_year",
    "activities/wording.py:day",
    "activities/wording.py:full_day",
    "activities/wording.py:hour",
    "activities/wording.py:listed",
    "activities/wording.py:moment",
    "activities/wording.py:on_days",
    "activities/wording.py:rhythms",
    "activities/wording.py:short_day",
    "activities/wording.py:times",
    "activities/wording.py:week_days",
    "attendance/forms.py:ShowForm",
    "attendance/forms.py:WalkInForm",
    "attendance/place_views.py:_SAID",
    "attendance/place_views.py:_done",
    "attendance/places/taking.py",
    "attendance/pass_page/views.py",
    "attendance/walk_ins.py",
    "schools/models/places.py:Kind",
    "schools/plain_words.py:MONTHS",
    "schools/plain_words.py:PUBLIC_SENTENCES",
    "schools/statement.py",
]

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}

type Sentence = tuple[str, str]  # its context, empty for none, and its text in the source


def said_in(python: str) -> set[Sentence]:
    """The sentences in a source; of a plural the form for one."""
    found = set()
    for _line, message, _comments, context in extract("python", io.BytesIO(python.encode()), keywords=KEYWORDS):
        first = message[0] if isinstance(message, tuple) else message
        if first:
            found.add((context or "", first))
    return found


def in_public() -> dict[str, set[Sentence]]:
    """By room. Raises where a room is not there any more."""
    return {room: said_in(_python(room)) for room in PUBLIC}


def _python(room: str) -> str:
    path, _colon, name = room.partition(":")
    text = (ROOT / path).read_text()
    if not path.endswith(".py"):
        return str(templatize(text))
    if not name:
        return text
    parts = [ast.get_source_segment(text, part) for part in ast.parse(text).body if name in _names(part)]
    assert parts, f"{room}: there is no {name} in {path}"
    return str(parts[0])


def _names(part: ast.stmt) -> list[str]:
    if isinstance(part, ast.Assign):
        return [target.id for target in part.targets if isinstance(target, ast.Name)]
    if isinstance(part, ast.AnnAssign):
        return [part.target.id] if isinstance(part.target, ast.Name) else []
    return [part.name] if isinstance(part, ast.ClassDef | ast.FunctionDef) else []
