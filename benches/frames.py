"""Frames as a bad camera in a bad hall gives them: hard on purpose, the same every time, with a known text.

Each frame is a small scene: a phone or a paper card with the code, put before the camera by one homography, then
the screen, the optics, the light and the sensor, one after the other as in a real camera. What is random in a
scene hangs on category, size and strength alone, so that another decoder or another text meets the very same
light, angle and blur.
"""

import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from benches import optics
from benches.optics import Point
from schools.qr import modules_of

Size = tuple[int, int]
SIZES: Sequence[Size] = ((1280, 720), (640, 480))
FINE = 3  # the scene is drawn so many times as fine as it is seen
BOX = 12  # pixels a module, on the card
NOTHING = "no code"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Shares are of the frame's height for `code`, and of the code's width for everything else; angles in degrees."""

    code: float = 0.5
    turned: float = 0
    tilt: Point = (0, 0)
    quiet: int = 4
    centred: bool = False
    empty: bool = False
    inverted: bool = False
    blur: float = 0.6  # pixels, of any lens
    out_of_focus: float = 0
    moved: float = 0
    moved_to: float = 0
    gain: float = 1
    boost: float = 1  # the camera turns up what is too dark, noise and all
    noise: float = 1.5
    shot: float = 0.05
    lamp: float = 0
    contrast: float = 1
    lift: float = 0
    cracks: int = 0
    crack: float = 0
    moire: float = 0
    period: float = 0


def _between(mild: float, brutal: float) -> Callable[[float], float]:
    return lambda strength: mild + (brutal - mild) * strength


def _either(random: Generator) -> float:
    return float(random.choice([-1, 1]))


def _slanted(strength: float, random: Generator) -> Scene:
    tilt = _between(20, 55)(strength) * _either(random), random.uniform(5, 25) * _either(random)
    return Scene(turned=random.uniform(-12, 12), blur=0.5, tilt=tilt)


def _everything(strength: float, random: Generator) -> Scene:
    return Scene(
        code=_between(0.5, 0.33)(strength),
        turned=random.uniform(-30, 30),
        blur=0,
        out_of_focus=_between(0.003, 0.007)(strength),
        tilt=(random.uniform(10, 30), random.uniform(-20, 20)),
        moved=_between(0.004, 0.015)(strength),
        moved_to=random.uniform(0, 180),
        gain=_between(0.8, 0.4)(strength),
        noise=_between(3, 9)(strength),
        moire=0.12,
        period=random.uniform(5, 12),
        lamp=_between(0.05, 0.14)(strength),
    )


# From mild (strength 0) to brutal (1).
CATEGORIES: dict[str, Callable[[float, Generator], Scene]] = {
    "plain": lambda s, r: Scene(code=_between(0.65, 0.4)(s), turned=r.uniform(-4, 4), blur=0),
    "large": lambda s, r: Scene(code=_between(0.8, 0.98)(s), turned=r.uniform(-2, 2), blur=0, centred=True, quiet=2),
    "small": lambda s, r: Scene(code=_between(0.24, 0.1)(s), turned=r.uniform(-5, 5), blur=0.4),
    "turned": lambda s, r: Scene(code=0.45, turned=_between(8, 45)(s) * _either(r), blur=0.5),
    "slanted": _slanted,
    "out of focus": lambda s, r: Scene(
        code=0.45, turned=r.uniform(-8, 8), blur=0, out_of_focus=_between(0.006, 0.016)(s)
    ),
    "moved": lambda s, r: Scene(
        turned=r.uniform(-8, 8), blur=0.4, moved=_between(0.02, 0.06)(s), moved_to=r.uniform(0, 180)
    ),
    "dark": lambda s, r: Scene(
        turned=r.uniform(-8, 8),
        blur=0.7,
        gain=_between(0.3, 0.1)(s),
        noise=_between(6, 12)(s),
        shot=0.4,
        boost=_between(1.5, 3)(s),
    ),
    "lamp in the glass": lambda s, r: Scene(turned=r.uniform(-10, 10), lamp=_between(0.14, 0.36)(s), noise=3),
    "inverted": lambda s, r: Scene(
        code=_between(0.6, 0.35)(s),
        turned=r.uniform(-20, 20),
        blur=_between(0.4, 1)(s),
        inverted=True,
        noise=_between(2, 8)(s),
    ),
    "pale": lambda s, r: Scene(
        turned=r.uniform(-8, 8), contrast=_between(0.28, 0.09)(s), lift=r.uniform(60, 120), noise=_between(2, 5)(s)
    ),
    "cracked": lambda s, r: Scene(
        turned=r.uniform(-10, 10), blur=0.5, cracks=int(_between(5, 15)(s)), crack=_between(0.005, 0.012)(s), noise=3
    ),
    "moiré": lambda s, r: Scene(
        turned=r.uniform(-8, 8), moire=_between(0.18, 0.5)(s), period=r.uniform(4, 14), noise=4
    ),
    "all at once": _everything,
    NOTHING: lambda s, r: Scene(turned=r.uniform(-10, 10), noise=4, empty=True),
}


@dataclass(frozen=True)
class Frame:
    category: str
    text: str  # nothing where there is nothing to read
    picture: Image.Image


def frames(texts: Iterator[str], *, strengths: Sequence[float], sizes: Sequence[Size] = SIZES) -> Iterator[Frame]:
    """Every category in every size and strength, each with the next of the texts."""
    for category, size, strength in product(CATEGORIES, sizes, strengths):
        yield frame(next(texts), category=category, size=size, strength=strength)


def frame(text: str, *, category: str, size: Size, strength: float) -> Frame:
    random = default_rng(zlib.crc32(f"{category}/{size[0]}/{strength:.3f}".encode()))
    scene = CATEGORIES[category](strength, random)
    return Frame(category, "" if scene.empty else text, _seen(scene, text, size, random))


def drawn(text: str, *, box: int, quiet: int = 4, light: int = 255, dark: int = 0) -> Image.Image:
    """The code as it stands on a card, `box` pixels for each module and `quiet` modules of margin."""
    modules = np.array(modules_of(text))[4:-4, 4:-4]
    return Image.fromarray(
        np.where(np.kron(np.pad(modules, quiet), np.ones((box, box), bool)), dark, light).astype(np.uint8)
    )


def _seen(scene: Scene, text: str, size: Size, random: Generator) -> Image.Image:
    width = scene.code * size[1]
    card, corners = _card(scene, text, is_paper=bool(random.random() < 0.3) and not scene.inverted)
    places = _places(scene, width, size, random)
    centre = sum(x for x, _y in places) / 4, sum(y for _x, y in places) / 4
    hall = _hall(size, random)
    picture = _put(card, corners, places, hall)
    if scene.cracks:
        _crack(picture, random, centre=centre, code=width, scene=scene)
    pixels = scene.lift + np.asarray(picture).astype(np.float32) * np.float32(scene.contrast)
    if scene.moire:
        pixels = optics.on_a_screen(pixels, random, strength=scene.moire, period=scene.period)
    pixels = optics.blurred(pixels, scene.blur + scene.out_of_focus * width)
    if scene.moved:
        pixels = optics.smeared(pixels, max(1, scene.moved * width), scene.moved_to)
    if scene.lamp:
        pixels = optics.lit(pixels, random, centre=centre, code=width, share=scene.lamp)
    pixels = optics.noisy(pixels * np.float32(scene.gain), random, sigma=scene.noise, shot=scene.shot)
    sensed = np.clip(np.round(np.clip(np.round(pixels), 0, 255) * np.float32(scene.boost)), 0, 255)
    return Image.fromarray(sensed.astype(np.uint8))


# ---- the card
def _card(scene: Scene, text: str, *, is_paper: bool) -> tuple[Image.Image, list[Point]]:
    """A phone, or a card of paper, and where on it the code's corners are."""
    light, dark = ((236, 232, 224), (38, 34, 34)) if is_paper else ((245, 245, 245), (12, 12, 14))
    if scene.inverted:
        light, dark = dark, light
    stencil = drawn(text, box=BOX, quiet=scene.quiet, light=0, dark=0 if scene.empty else 255)
    side, quiet = stencil.width, scene.quiet * BOX
    margin = side // 10
    width, height = side + 2 * margin, int((side + 2 * margin) * 1.7)
    card = Image.new("RGB", (width, height), light)
    left, top = margin, int(height * 0.24)
    card.paste(dark, (left, top), stencil)
    pen = ImageDraw.Draw(card)
    # Lines of text, a button and the signs at the top of a screen, for the decoder to trip over.
    y = top + side + height * 0.03
    for share, thick in ((0.7, 0.025), (0.5, 0.02), (0.62, 0.02)):
        pen.rectangle((width * (1 - share) / 2, y, width * (1 + share) / 2, y + height * thick), fill=dark)
        y += height * (thick + 0.02)
    for number in range(9):
        pen.rectangle((margin + number * 18, 14, margin + number * 18 + 9, 26), fill=dark)
    if not is_paper:
        pen.rectangle((0, 0, width - 1, height - 1), outline=(5, 5, 5), width=int(width * 0.03))
    near, far = (left + quiet, top + quiet), (left + side - quiet, top + side - quiet)
    return card, [near, (far[0], near[1]), far, (near[0], far[1])]


def _crack(picture: Image.Image, random: Generator, *, centre: Point, code: float, scene: Scene) -> None:
    """Rays from where the glass was hit, some of them forked."""
    pen = ImageDraw.Draw(picture)
    hit = [where + random.uniform(-0.3, 0.3) * code for where in centre]
    for ray in range(scene.cracks):
        angle = 2 * math.pi * ray / scene.cracks + random.uniform(-0.3, 0.3)
        colour = (225, 228, 230) if random.random() < 0.6 else (30, 30, 34)
        x, y = hit
        for _piece in range(int(random.integers(4, 9))):
            angle += random.uniform(-0.35, 0.35)
            length = random.uniform(0.06, 0.2) * code
            thick = max(1, round(scene.crack * code * random.uniform(0.6, 1.3)))
            start, x, y = (x, y), x + length * math.cos(angle), y + length * math.sin(angle)
            pen.line((*start, x, y), fill=colour, width=thick)
            if random.random() < 0.3:
                aside = angle + _either(random) * random.uniform(0.6, 1.3)
                fork = x + length * math.cos(aside), y + length * math.sin(aside)
                pen.line((x, y, *fork), fill=colour, width=max(1, thick // 2))


# ---- where it stands
def _places(scene: Scene, width: float, size: Size, random: Generator) -> list[Point]:
    """Where the code's corners are seen: a camera with one small hole looks at a plane that is turned."""
    half = width / 2
    flat = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    down, right = (math.radians(angle) for angle in scene.tilt)
    away = flat[:, 0] * math.sin(right) + flat[:, 1] * math.sin(down)
    seen = flat * [math.cos(right), math.cos(down)] * (1.3 * width / (1.3 * width + away))[:, None]
    angle = math.radians(scene.turned)
    seen = seen @ np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    centre = np.array(size) / 2
    if not scene.centred:
        # Somewhere in the middle square, which is what the page shows of the picture and where its corners aim.
        room = np.maximum(0, min(size) / 2 - np.abs(seen).max(axis=0) - 6)
        centre = centre + random.uniform(-0.5, 0.5, 2) * room
    return [(float(x), float(y)) for x, y in seen + centre]


def _hall(size: Size, random: Generator) -> Image.Image:
    """Coats, a door, tiles: what stands behind."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wave = 90 + 50 * np.sin(x / width * random.uniform(1, 4) + random.uniform(0, 6)) + 40 * (y / height)
    hall = Image.fromarray(np.clip(wave[..., None] * [1, 0.97, 0.9], 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(hall)
    for _thing in range(14):
        left, top = random.uniform(0, width), random.uniform(0, height)
        right, bottom = left + random.uniform(10, width / 4), top + random.uniform(10, height / 3)
        red, green, blue = (int(part) for part in random.integers(20, 220, 3))
        pen.rectangle((left, top, right, bottom), fill=(red, green, blue))
    return hall.filter(ImageFilter.BoxBlur(3))


def _put(card: Image.Image, corners: list[Point], places: list[Point], hall: Image.Image) -> Image.Image:
    """The card before the hall. Drawn finely, then averaged, as a sensor's cell averages what falls on it."""
    fine = hall.width * FINE, hall.height * FINE
    back = _homography([(x * FINE, y * FINE) for x, y in places], corners)

    def warped(picture: Image.Image) -> Image.Image:
        how = Image.Transform.PERSPECTIVE
        seen = picture.transform(fine, how, [float(one) for one in back], resample=Image.Resampling.NEAREST)
        return seen.resize(hall.size, Image.Resampling.BOX)

    mask = warped(Image.new("L", card.size, 255))
    # Outside of the card it is black and the mask is 0: at the edge both are averaged alike, so add, not blend.
    rest = Image.composite(Image.new("RGB", hall.size), hall, mask)
    return Image.fromarray(
        np.minimum(255, np.asarray(rest).astype(np.uint16) + np.asarray(warped(card))).astype(np.uint8)
    )


def _homography(source: Sequence[Point], target: Sequence[Point]) -> NDArray[np.float64]:
    """The eight numbers that map four points to four others, as Pillow wants them."""
    rows, wanted = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    return np.linalg.solve(np.array(rows, float), np.array(wanted, float))
