"""The scanner's own decoder in a browser, without the rest of its page: pixels in, text out."""

import tempfile
from typing import Any

from PIL import Image
from playwright.sync_api import Page

START = """() => {
  const { decoder, wasm } = JSON.parse(document.getElementById("door-config").textContent);
  const worker = new Worker(`${decoder}?wasm=${encodeURIComponent(wasm)}`, { type: "module" });
  window.decode = (message, transfer) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = () => reject(new Error("the decoder does not run"));
    worker.postMessage(message, transfer);
  });
  document.body.append(Object.assign(document.createElement("input"), { type: "file", id: "pixels" }));
}"""

# Megabytes go to a page faster as a file than as a text.
READ = """async (side) => {
  const buffer = await document.getElementById("pixels").files[0].arrayBuffer();
  return window.decode({ buffer, side }, [buffer]);
}"""


class Decoder:
    """On a page of the door, for it alone may start it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.evaluate(START)

    def read(self, picture: Image.Image) -> str:
        """The text of the code in this frame of a camera, or nothing."""
        # The middle square, as reader.js sends it.
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        pixels = picture.crop((left, top, left + side, top + side)).convert("RGBA").tobytes()
        with tempfile.NamedTemporaryFile() as file:
            file.write(pixels)
            file.flush()
            self.page.set_input_files("#pixels", file.name)
            told: dict[str, Any] = self.page.evaluate(READ, side)
        assert not told.get("failed"), "the decoder failed"
        return str(told["text"])
