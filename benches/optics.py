"""What a cheap camera does to a picture: blur, light, screens and noise. Pure functions on pixels as numbers."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

# Rows, columns and colours (or only rows and columns); 0 is black and 255 is white, and what is brighter is kept
# until the sensor clips it.
Pixels = NDArray[np.float32]
Point = tuple[float, float]


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """Out of focus: a Gaussian, `sigma` in pixels."""
    if sigma <= 0:
        return pixels
    reach = max(1, math.ceil(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights = (weights / weights.sum()).astype(np.float32)
    for axis in (0, 1):
        margins = [(reach, reach) if axis == each else (0, 0) for each in range(pixels.ndim)]
        wide = np.pad(pixels, margins, mode="edge")
        length = pixels.shape[axis]
        shifted = (wide[at : at + length] if axis == 0 else wide[:, at : at + length] for at in range(len(weights)))
        pixels = _sum(weight * each for weight, each in zip(weights, shifted, strict=True))
    return pixels


def smeared(pixels: Pixels, length: float, angle: float) -> Pixels:
    """Moved by so many pixels, in a direction in degrees, while the shutter was open."""
    steps = max(2, int(2 * length))
    x, y = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    way = np.linspace(-length / 2, length / 2, steps).tolist()
    return _sum(_moved(pixels, x * along, y * along) for along in way) / np.float32(steps)


def _moved(pixels: Pixels, right: float, down: float) -> Pixels:
    """By parts of pixels too: a mean of the four whole steps around it."""
    left, top = math.floor(right), math.floor(down)
    x, y = right - left, down - top
    return _sum(
        np.float32(across * along) * np.roll(pixels, (top + row, left + column), (0, 1))
        for column, across in ((0, 1 - x), (1, x))
        for row, along in ((0, 1 - y), (1, y))
        if across * along > 1e-6
    )


def lit(pixels: Pixels, light: Generator, *, centre: Point, code: float, share: float) -> Pixels:
    """A lamp mirrored in the glass, near the code; `share` is how much of the code's width it covers."""
    x, y = _grid(pixels)
    angle = light.uniform(0, math.pi)
    aside = light.uniform(-0.28, 0.28, 2) * code
    x, y = x - centre[0] - aside[0], y - centre[1] - aside[1]
    along = x * math.cos(angle) + y * math.sin(angle)
    across = y * math.cos(angle) - x * math.sin(angle)
    far = (along / (share * code)) ** 2 + (across / (0.6 * share * code)) ** 2
    spot: Pixels = (np.exp(-(far**1.3)) * 330 + np.exp(-far / 6) * 55).astype(np.float32)
    return pixels + spot[..., None]


def on_a_screen(pixels: Pixels, grid: Generator, *, strength: float, period: float) -> Pixels:
    """Moiré: the grid of a screen beating with that of the sensor, a little apart for each colour."""
    x, y = _grid(pixels)
    rows, columns = pixels.shape[:2]
    angle = grid.uniform(0, math.pi)
    bent = 6 * np.sin(y / rows * grid.uniform(1, 4)) + 6 * np.sin(x / columns * grid.uniform(1, 4))
    first = (x * math.cos(angle) + y * math.sin(angle) + bent) * 2 * math.pi / period
    second = (y * math.cos(angle) - x * math.sin(angle)) * 2 * math.pi / (period * 1.37)
    colours = [0.7 * np.sin(first + late) + 0.5 * np.sin(second + late) for late in (0, 0.7, 1.4)]
    beat: Pixels = np.stack(colours, axis=2).astype(np.float32)
    return pixels * (1 + np.float32(strength) * beat)


def noisy(pixels: Pixels, sensor: Generator, *, sigma: float, shot: float) -> Pixels:
    """Of the sensor itself, and of the light that falls on it: more where it is brighter (`shot`)."""
    grey = sensor.standard_normal((*pixels.shape[:2], 1), dtype=np.float32)
    coloured = sensor.standard_normal(pixels.shape, dtype=np.float32)
    spread = np.sqrt(np.float32(sigma**2) + np.float32(shot) * np.clip(pixels, 0, 255))
    sensed: Pixels = pixels + spread * (np.float32(0.8) * grey + np.float32(0.6) * coloured)
    return sensed


def _grid(pixels: Pixels) -> tuple[Pixels, Pixels]:
    rows, columns = pixels.shape[:2]
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    return x, y


def _sum(parts: Iterable[Pixels]) -> Pixels:
    """Without a copy for each addition."""
    rest = iter(parts)
    whole = next(rest).copy()
    for part in rest:
        whole += part
    return whole
