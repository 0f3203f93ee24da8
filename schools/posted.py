"""What a page sends along with a button."""

import re


def row_key(text: str) -> int | None:
    """Which row is meant; None for what is no key. Python itself refuses to read a number of thousands of digits."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None
