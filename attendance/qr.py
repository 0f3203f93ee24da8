"""QR codes (ISO/IEC 18004) as pictures. Pure functions."""

from itertools import groupby

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET = 4  # modules of white around the code, which the standard asks for


def qr_svg(text: str) -> str:
    """An SVG of this text, black on white in dark mode too; it takes the size of what is around it.

    Without styles and scripts, so that it can stand in a page under the strictest policy.
    """
    code: QRCode = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    modules = code.get_matrix()
    size = len(modules)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{_path(modules)}"/></svg>'
    )


def _path(modules: list[list[bool]]) -> str:
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
