"""The walls of the house: who may know whom, how large a room may be, and what no row may hold."""

import ast
import re
from itertools import product
from pathlib import Path

import pytest
from django.apps import apps

from attendance.models import CheckIn, Pass

ROOT = Path(__file__).resolve().parent.parent
# Each may import itself and those before it.
PACKAGES = ["towns", "schools", "activities", "attendance", "api", "config"]
FOLDERS = [*PACKAGES, "benches", "drills", "tests", "templates"]
MOST_LINES = 400
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "services", "service", "manager", "managers", "misc"}
# Not ours, or made by a tool from what is ours.
MADE = {"migrations", "locale", "static", "__pycache__", "node_modules"}
SOURCES = {".py", ".js", ".css", ".html", ".mjs", ".typ", ".txt"}


def ours(*folders, suffixes=(".py",)):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and not MADE & set(path.relative_to(ROOT).parts):
                yield path


def imports(tree):
    """Every module that is imported, and where; what only the type checker reads is left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: a relative import does not say where it leads"
            yield node.module, node.lineno


@pytest.mark.parametrize("package", PACKAGES[:-1])
def test_imports_point_one_way(package):
    later = set(PACKAGES[PACKAGES.index(package) + 1 :]) | {"tests"}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in ours(package)
        for module, line in imports(ast.parse(path.read_text()))
        if module.split(".")[0] in later
    ]
    assert wrong == []


def test_no_import_hides_in_a_function():
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in ours(*PACKAGES)
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert wrong == []


def test_no_module_has_a_name_that_says_nothing():
    wrong = [path for path in ours(*PACKAGES, "tests", suffixes=SOURCES) if path.stem in FORBIDDEN_NAMES]
    assert wrong == []


def test_no_file_of_ours_is_longer_than_one_can_keep_in_mind():
    wrong = {
        str(path.relative_to(ROOT)): lines
        for path in ours(*FOLDERS, suffixes=SOURCES)
        if (lines := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert wrong == {}


def test_a_rule_is_in_no_save_and_no_star_is_imported():
    for path in ours(*PACKAGES):
        for node in ast.walk(ast.parse(path.read_text())):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            assert not (isinstance(node, ast.FunctionDef) and node.name == "save"), where
            assert not (isinstance(node, ast.ImportFrom) and node.names[0].name == "*"), where


@pytest.mark.parametrize(("module", "name"), product(["datetime", "date"], ["today", "utcnow"]))
def test_nothing_reads_a_naive_clock(module, name):
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in ours(*PACKAGES, "tests")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == name and ast.unparse(node.value).split(".")[-1] == module
    ]
    assert wrong == []


# ---------------------------------------------------------------- what is kept of a visit

# A field that is not here needs an answer to this first: could it help to tell who was where?
ALLOWED = {
    "CheckIn": {
        "id", "kind", "outcome", "session", "location", "week", "local_date", "count", "visits", "bands", "visitor_key",
        "scanned_at", "received_at", "device", "voids", "voided_at", "is_late", "errors",
    },
    "Pass": {
        "id", "number", "digest", "valid_until", "level", "age_band", "gender", "created_at", "renewed_at",
        "revoked_at",
    },
    "Device": {
        "id", "location", "name", "created_at", "pairing_digest", "pairing_expires_at", "token_digest", "paired_at",
        "revoked_at", "last_seen_at", "waiting", "clock_offset_seconds", "next_token_digest", "rotated_at",
    },
    "Week": {"starts_on", "closed_at"},
    "WeekKey": {"week", "key"},
    # Counts, and what they are of; of a check-in whose row is gone, only that its id was here and what it was answered.
    "SessionTotal": {
        "session", "week", "organisation", "programme", "activity", "level", "location", "neighbourhood", "host",
        "is_planned", "is_cancelled", "nobody_came", "scanned_visits", "tallied_visits", "group_visits",
        "corrected_visits", "minutes", "part_of_day", "is_arrived", "bands",
    },
    "Correction": {
        "id", "session", "scanned_visits", "tallied_visits", "group_visits", "is_accepted", "decided_by", "decided_at",
    },
    "VisitorTotal": {"id", "week", "scope", "visitors", "first_time_visitors"},
    # Marks without a time, each under a key of its period and scope, which the database alone does not give.
    "ReachPeriod": {"id", "kind", "starts_on", "ends_on", "key"},
    "Reach": {"id", "period", "scope", "visitors", "members"},
    "Trace": {"digest", "outcome"},
    # Of a pass under the key of the session's week, or of a school's class. Not when it was asked for.
    "Place": {
        "id", "session", "week", "number", "state", "holder", "organisation", "seats", "offer_ends_at",
    },
    "PlacesEdition": {"id", "number"},
    # Of the machine's own work: no place, no session, no moment of anybody's.
    "StepRun": {"step", "tried_at", "succeeded_at", "failures", "seconds"},
    "DestroyedCheckIns": {"outcome", "number"},
    "Target": {"id", "location", "programme", "starts_on", "visits"},
    # What a grant asks of sessions; nothing of who came.
    "GrantRule": {
        "id", "name", "programme", "organisation", "starts_on", "ends_on", "min_minutes", "min_visits", "bands",
        "min_leaders", "min_weeks",
    },
    # Of what was no session: a day and counts. And what a coordinator writes about a year.
    "Entry": {"id", "kind", "happened_on", "organisation", "number", "young_people", "professionals"},
    "YearReport": {"year", "introduction", "proud_of", "held_back_by", "quotation", "said_by"},
    # Who counted what at a desk, and when; of who came nothing.
    "HandCount": {"id", "check_in", "reason", "made_by", "made_at"},
    "NobodyCame": {"id", "session", "said_by", "said_at", "taken_back_by", "taken_back_at"},
    "Settlement": {
        "id", "decision", "check_in", "session", "added", "settled_by", "settled_at", "taken_back_by", "taken_back_at",
    },
}  # fmt: skip


def fields_of(model):
    return {field.name for field in model._meta.get_fields() if field.concrete}


def test_every_field_of_every_model_of_attendance_is_on_the_list():
    assert {model.__name__: fields_of(model) for model in apps.get_app_config("attendance").get_models()} == ALLOWED


def reachable(model, *, without=()):
    """Every model that a foreign key of this one leads to, step by step."""
    seen, waiting = set(), [model]
    while waiting:
        for field in waiting.pop()._meta.get_fields():
            target = field.related_model if field.concrete and field.is_relation else None
            if target and target not in seen and target not in without:
                seen.add(target)
                waiting.append(target)
    return seen


def test_nothing_leads_from_a_visit_to_a_pass_or_from_a_pass_to_a_visit():
    assert Pass not in reachable(CheckIn)
    assert reachable(Pass) == set()
    for model in apps.get_models():
        assert not {CheckIn, Pass} <= reachable(model) | {model}, f"{model.__name__} stands between the two"


def test_nothing_leads_from_a_visit_to_a_person():
    user = apps.get_model("schools", "User")
    assert user not in reachable(CheckIn)
    assert user not in reachable(Pass)


PERSONAL = {
    "name", "first_name", "last_name", "surname", "birth", "born", "age", "bsn", "phone", "email", "mail", "address",
    "photo", "picture", "image", "contact", "note", "notes", "remark", "comment", "text", "description", "ip", "token",
    "user", "visitor", "person", "nationality", "parent",
}  # fmt: skip
# What a word of the list means here: bands instead of ages, a key instead of a visitor, the name of a phone or a grant.
MEANT = {("Pass", "age_band"), ("CheckIn", "visitor_key"), ("Device", "name"), ("Device", "token_digest"),
    ("Device", "next_token_digest"), ("GrantRule", "name"),
}  # fmt: skip


def test_no_model_of_attendance_has_a_field_for_what_is_personal():
    found = {
        (model.__name__, field)
        for model in apps.get_app_config("attendance").get_models()
        for field in fields_of(model)
        if PERSONAL & set(field.split("_"))
    }
    assert found == MEANT


def test_no_model_keeps_free_text_beside_a_visit_or_a_pass():
    for model in (CheckIn, Pass):
        for field in model._meta.get_fields():
            if field.concrete and field.get_internal_type() in {"CharField", "TextField"}:
                assert field.choices or field.name in {"number", "age_band"}, (model.__name__, field.name)
            assert field.get_internal_type() not in {"TextField", "EmailField", "FileField"} or not field.concrete


# What is kept in memory from one request to the next, by all that it depends on: with many municipalities in one
# process nothing of one may be kept for another.
IN_MEMORY = {
    "schools/calendar.py _year": "its arguments",
    "schools/pacing.py CALLS": "BASE_URL, among others",
    "schools/signin/municipality.py read_roles": "its arguments",
    "activities/feeds/copies.py COPIES": "BASE_URL, among others",
    "activities/feeds/copies.py EVENTS": "BASE_URL, among others",
    "activities/intake/texts.py plain": "its arguments",
    "attendance/checkin/sql.py _is_postgres": "the installation",
    "attendance/devices.py RECALLED": "BASE_URL and a token",
    "api/docs.py _operations": "the program",
    "api/document.py document": "the program; what speaks of the site is laid over it",
    "api/document.py _written": "its arguments",
    "api/kept.py ANSWERS": "the whole address, with its host",
    "api/problems.py camelize": "its arguments",
    "api/serializers/totals.py _week": "its arguments",
    "config/health.py _migrations": "the program",
}


KEEPERS = r"\b(\w+Cache|Kept)\("


def kept_in_memory():
    for path in ours(*PACKAGES):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                words = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
                if re.search(r"\b(lru_cache|cache)\b", words):
                    yield f"{path.relative_to(ROOT)} {node.name}"
            elif isinstance(node, ast.Assign | ast.AnnAssign) and re.search(KEEPERS, ast.unparse(node.value or node)):
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                yield f"{path.relative_to(ROOT)} {ast.unparse(target)}"


def test_what_is_kept_in_memory_is_kept_by_the_municipality_that_it_is_of():
    assert set(kept_in_memory()) == IN_MEMORY.keys()
