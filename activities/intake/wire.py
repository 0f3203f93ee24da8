"""What goes between the bounded process and ours: JSON, for what comes out of that process is not to be trusted."""

import datetime as dt
import json
from dataclasses import asdict
from typing import Any

from activities.intake.events import Form, Occurrence, Refused, Taken, Unusable, sentence

_MOMENTS = ("starts_at", "ends_at", "original_starts_at")


def request(raw: bytes, *, form: Form, at: dt.datetime, may_be_empty: bool) -> bytes:
    head = {"form": form, "at": at.isoformat(), "may_be_empty": may_be_empty}
    return json.dumps(head).encode() + b"\n" + raw


def asked(request: bytes) -> tuple[bytes, dict[str, Any]]:
    head, _newline, raw = request.partition(b"\n")
    told = json.loads(head)
    return raw, {
        "form": Form(told["form"]),
        "at": dt.datetime.fromisoformat(told["at"]),
        "may_be_empty": told["may_be_empty"],
    }


def answer(taken: Taken) -> bytes:
    return json.dumps(asdict(taken), default=dt.datetime.isoformat, ensure_ascii=False).encode("utf-8", "replace")


def refusal(code: str) -> bytes:
    return json.dumps({"code": code}).encode()


def told(answer: bytes) -> Taken:
    """Raises Unusable: what the other side says, or that it makes no sense."""
    try:
        found = json.loads(answer)
        if code := found.get("code"):
            raise Unusable(code)
        return Taken(
            name=found["name"],
            occurrences=tuple(_occurrence(one) for one in found["occurrences"]),
            refused=tuple(_refused(one) for one in found["refused"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Unusable("unreadable") from None


def _occurrence(fields: dict[str, Any]) -> Occurrence:
    moments = {name: dt.datetime.fromisoformat(fields[name]) for name in _MOMENTS}
    return Occurrence(**fields | moments)


def _refused(fields: dict[str, str]) -> Refused:
    sentence(fields["code"])  # one that we know
    return Refused(**fields)
