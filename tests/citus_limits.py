"""What a statement may not be, so that it runs where Citus places the schemas over several machines.

From a real cluster (Citus 13.2 on PostgreSQL 15, with one schema for each municipality); see docs/municipalities.md.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_TRY = re.IGNORECASE | re.DOTALL
LIMITS = {
    "a trigger": r"\b(?:create|alter|drop|enable|disable)\s+(?:constraint\s+)?trigger\b",
    "a function of the database": r"\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure)\b",
    "MERGE": r"^\s*(?:with\b.*\)\s*)?merge\s+into\b",
    "a table that inherits": r"\binherits\s*\(",
    "a table that changes its schema": r"\bset\s+schema\b",
    "an extension": r"\b(?:create|alter)\s+extension\b",
    "what only a superuser may": r"\balter\s+system\b|\bcopy\b.*\bprogram\b|\bsession_replication_role\b",
    "the schema's name, asked of a worker": r"\bcurrent_schema\s*\(",
    "an insert from a list that is joined, with ON CONFLICT":
        r"\binsert\b.*\bselect\b.*\bfrom\s+(?:unnest|json\w*_to_recordset)\b.*\bjoin\b.*\bon\s+conflict\b",
    "a table of another schema":
        r'\b(?:join|into|update|references|table)\s+(?!pg_catalog\.|information_schema\.)"?[a-z_0-9]+"?\."?[a-z_0-9]+"?'
        r'|\bpublic"?\s*\.',
}  # fmt: skip
_LIMITS = {name: re.compile(pattern, _TRY) for name, pattern in LIMITS.items()}


@lru_cache(maxsize=10_000)  # the same few thousand statements, some hundred thousand times
def what_citus_refuses(sql: str) -> list[str]:
    return [name for name, pattern in _LIMITS.items() if pattern.search(sql)]


class Refused(AssertionError):
    pass


def guard(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Around every statement that any test makes."""
    if isinstance(sql, str) and (wrong := what_citus_refuses(sql)):
        raise Refused(f"{', '.join(wrong)}: {sql[:300]}")
    return execute(sql, params, many, context)


def guard_connection(*, connection: Any, **signal: Any) -> None:
    if connection.vendor == "postgresql" and guard not in connection.execute_wrappers:
        connection.execute_wrappers.append(guard)
