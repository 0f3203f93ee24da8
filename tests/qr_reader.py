"""Reads the codes in a picture, as a phone would."""

import io
import json
import subprocess
from pathlib import Path

from PIL import Image

READER = Path(__file__).with_name("qr_reader.mjs")


def read_code(picture: Image.Image) -> list[str]:
    """What every QR code in it says."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    answer = subprocess.run(["node", READER], input=file.getvalue(), stdout=subprocess.PIPE, check=True).stdout
    return [str(text) for text in json.loads(answer)]
