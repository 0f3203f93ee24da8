"""What a fake camera sees: a film of a code, that Chromium plays in a loop. The file's ending says which kind it is."""

import io
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

SIZE = (1280, 720)
FRAMES_PER_SECOND = 10
JPEGS_PER_SECOND = 30  # Chromium plays all films of JPEGs so
BLANK = Image.new("RGB", SIZE, (120, 120, 125))


def held_up(code: Image.Image) -> Image.Image:
    """The code before the camera, on grey."""
    frame = BLANK.copy()
    side = SIZE[1] * 3 // 4
    frame.paste(code.convert("RGB").resize((side, side)), ((SIZE[0] - side) // 2, (SIZE[1] - side) // 2))
    return frame


def write(path: Path, scenes: Iterable[tuple[Image.Image, float]]) -> Path:
    """Raw video (YUV4MPEG2, 4:2:0). Each scene is a picture and how many seconds it lasts."""
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F{FRAMES_PER_SECOND}:1 Ip A1:1 C420\n".encode())
        for picture, seconds in scenes:
            light, blue, red = picture.convert("YCbCr").split()
            half = [plane.resize((SIZE[0] // 2, SIZE[1] // 2), Image.Resampling.BOX) for plane in (blue, red)]
            frame = b"FRAME\n" + b"".join(plane.tobytes() for plane in (light, *half))
            for _frame in range(round(seconds * FRAMES_PER_SECOND)):
                film.write(frame)
    return path


def write_jpegs(path: Path, scenes: Iterable[tuple[Image.Image, float]]) -> Path:
    """The same as a small film that is as fast as a phone's camera (Motion JPEG)."""
    with path.open("wb") as film:
        for picture, seconds in scenes:
            frame = io.BytesIO()
            picture.save(frame, "JPEG", quality=90)
            film.write(frame.getvalue() * round(seconds * JPEGS_PER_SECOND))
    return path
