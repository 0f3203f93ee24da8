"""QR codes (ISO/IEC 18004) as pictures. Pure functions."""

import re
from itertools import groupby

from django.utils.html import escape
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

Modules = list[list[bool]]

QUIET = 4  # modules of white around the code, which the standard asks for

# Of the letters under a code; in modules, as they grow with it.
LETTER = 2.4
LINE = 3.0
# What a letter of any common monospaced typeface takes of its height.
BREADTH = 0.61


def qr_svg(text: str) -> str:
    """An SVG of this text, black on white in dark mode too; it takes the size of what is around it.

    Without styles and scripts, so that it can stand in a page under the strictest policy.
    """
    modules = modules_of(text)
    size = len(modules)
    return f"<svg {_box(size, size)}>{_drawing(modules, height=size)}</svg>"


def qr_poster_svg(text: str, *, letters: str) -> str:
    """The same as a file by itself, 80 mm wide, with `letters` under the code for who types it in."""
    modules = modules_of(text)
    size = len(modules)
    lines = _lines(letters, longest=int((size - QUIET) / (LETTER * BREADTH)))
    height = size + LINE * len(lines) + QUIET / 2
    # From below the white that belongs to the code.
    spans = "".join(
        f'<tspan x="{size / 2:g}" y="{size + LINE * number + LETTER:g}">{escape(line)}</tspan>'
        for number, line in enumerate(lines)
    )
    return (
        f'<svg {_box(size, height)} width="80mm" height="{80 * height / size:.1f}mm"><title>{escape(letters)}</title>'
        f'{_drawing(modules, height=height)}<text font-family="monospace" font-size="{LETTER}" text-anchor="middle">'
        f"{spans}</text></svg>"
    )


def modules_of(text: str) -> Modules:
    """Rows of the code, True for black, with the white around it."""
    code: QRCode = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    modules: Modules = code.get_matrix()
    return modules


def _box(width: int, height: float) -> str:
    return f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" shape-rendering="crispEdges"'


def _drawing(modules: Modules, *, height: float) -> str:
    return f'<path fill="#fff" d="M0 0h{len(modules)}v{height:g}H0z"/><path d="{_path(modules)}"/>'


def _path(modules: Modules) -> str:
    """One rectangle for every run of black modules in a row."""
    parts = []
    for y, row in enumerate(modules):
        x = 0
        for black, run in groupby(row):
            length = len(list(run))
            if black:
                parts.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return "".join(parts)


def _lines(address: str, *, longest: int) -> list[str]:
    """Broken before a slash or a hyphen: one at the end of a line would seem to be no part of the address."""
    lines = [""]
    for piece in re.findall(rf"[-/]?[^-/]{{1,{longest - 1}}}|[-/]", address):
        if lines[-1] and len(lines[-1] + piece) > longest:
            lines.append("")
        lines[-1] += piece
    return lines
