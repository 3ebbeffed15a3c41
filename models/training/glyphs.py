"""Plate faces: our own monoline outlines after the published shapes of national faces, and glyphs of free fonts.

A glyph is an alpha mask (uint8, 0-255), 96 pixels high, cut to its width. Faces give stroke weight and width;
everything else (relief, dirt, perspective) is the renderer's.
"""
import functools
import glob
import os

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
HEIGHT = 96


def _arc(cx, cy, rx, ry, a0, a1, n=14):
    t = np.radians(np.linspace(a0, a1, n))
    return [(cx + rx * np.cos(a), cy + ry * np.sin(a)) for a in t]


def _strokes(c, r):
    """Polylines of a character in the unit square, y down; r is the corner radius (0 angular, 0.5 round)."""
    r = max(r, 0.02)
    ring = (_arc(r, r, r, r, 180, 270) + _arc(1 - r, r, r, r, 270, 360) + _arc(1 - r, 1 - r, r, r, 0, 90) + _arc(r, 1 - r, r, r, 90, 180) + [(0, r)])
    bowl = lambda y0, y1, x0=0.0, x1=1.0: [(x0, y0)] + _arc(x1 - min(r * 1.4, .5), (y0 + y1) / 2, min(r * 1.4, .5), (y1 - y0) / 2, -90, 90) + [(x0, y1)]
    m = 0.48
    table = {
        "A": [[(0, 1), (.5, 0), (1, 1)], [(.18, .66), (.82, .66)]],
        "B": [[(0, 0), (0, 1)], bowl(0, m, 0, .94), bowl(m, 1)],
        "C": [[(1, r + .12)] + _arc(1 - r, r, r, r, 360, 270) + _arc(r, r, r, r, 270, 180) + _arc(r, 1 - r, r, r, 180, 90) + _arc(1 - r, 1 - r, r, r, 90, 0) + [(1, 1 - r - .12)]],
        "D": [[(0, 0), (0, 1)], [(0, 0)] + _arc(1 - r, r, r, r, 270, 360) + _arc(1 - r, 1 - r, r, r, 0, 90) + [(0, 1)]],
        "E": [[(1, 0), (0, 0), (0, 1), (1, 1)], [(0, m), (.85, m)]],
        "F": [[(1, 0), (0, 0), (0, 1)], [(0, m), (.85, m)]],
        "G": [[(1, r + .1)] + _arc(1 - r, r, r, r, 360, 270) + _arc(r, r, r, r, 270, 180) + _arc(r, 1 - r, r, r, 180, 90) + _arc(1 - r, 1 - r, r, r, 90, 0) + [(1, .54), (.55, .54)]],
        "H": [[(0, 0), (0, 1)], [(1, 0), (1, 1)], [(0, m), (1, m)]],
        "I": [[(.5, 0), (.5, 1)]],
        "J": [[(1, 0), (1, 1 - r)] + _arc(1 - r, 1 - r, r, r, 0, 90) + _arc(r, 1 - r, r, r, 90, 180)],
        "K": [[(0, 0), (0, 1)], [(1, 0), (.05, .58)], [(.3, .42), (1, 1)]],
        "L": [[(0, 0), (0, 1), (1, 1)]],
        "M": [[(0, 1), (0, 0), (.5, .62), (1, 0), (1, 1)]],
        "N": [[(0, 1), (0, 0), (1, 1), (1, 0)]],
        "O": [ring],
        "P": [[(0, 1), (0, 0)], bowl(0, .54)],
        "Q": [ring, [(.6, .7), (1, 1.04)]],
        "R": [[(0, 1), (0, 0)], bowl(0, .52), [(.45, .52), (1, 1)]],
        "S": [[(1, .2)] + _arc(1 - r, r, r, r, 360, 270, 8) + _arc(r, r, r, r, 270, 180, 8) + _arc(r, m - min(r, .2), r, min(r, .2), 180, 90, 8) + _arc(1 - r, m + min(r, .2), r, min(r, .2), 270, 360, 8) + _arc(1 - r, 1 - r, r, r, 0, 90, 8) + _arc(r, 1 - r, r, r, 90, 180, 8) + [(0, .8)]],
        "T": [[(0, 0), (1, 0)], [(.5, 0), (.5, 1)]],
        "U": [[(0, 0), (0, 1 - r)] + _arc(r, 1 - r, r, r, 180, 90) + _arc(1 - r, 1 - r, r, r, 90, 0) + [(1, 0)]],
        "V": [[(0, 0), (.5, 1), (1, 0)]],
        "W": [[(0, 0), (.25, 1), (.5, .3), (.75, 1), (1, 0)]],
        "X": [[(0, 0), (1, 1)], [(1, 0), (0, 1)]],
        "Y": [[(0, 0), (.5, .52), (1, 0)], [(.5, .52), (.5, 1)]],
        "Z": [[(0, 0), (1, 0), (0, 1), (1, 1)]],
        "0": [ring],
        "1": [[(.2, .22), (.6, 0), (.6, 1)]],
        "2": [[(0, .25)] + _arc(.5, .28, .5, .28, 190, 380, 16) + [(0, 1), (1, 1)]],
        "3": [[(.02, .2)] + _arc(.48, .25, .46, .25, 200, 450, 16) + [(.4, .5)] + _arc(.48, .74, .5, .26, 270, 520, 16)],
        "4": [[(.72, 1), (.72, 0), (0, .7), (1, .7)]],
        "5": [[(.95, 0), (.1, 0), (.06, .45)] + _arc(.46, .67, .52, .32, 230, 500, 16)],
        "6": [[(.8, 0), (.08, .55)] + _arc(.5, .68, .48, .32, 195, 555, 22)] if r > .3 else [[(1, .18)] + _arc(1 - r, r, r, r, 360, 270) + _arc(r, r, r, r, 270, 180) + _arc(r, 1 - r, r, r, 180, 90) + _arc(1 - r, 1 - r, r, r, 90, 0) + _arc(1 - r, .46 + r, r, r, 360, 270) + [(0, .46)]],
        "7": [[(0, 0), (1, 0), (.38, 1)]],
        "8": [_arc(.5, .245, .45, .245, 0, 360, 22), _arc(.5, .745, .5, .255, 0, 360, 22)],
        "9": [[(.2, 1), (.92, .45)] + _arc(.5, .32, .48, .32, 15, 375, 22)] if r > .3 else [[(0, .82)] + _arc(r, 1 - r, r, r, 180, 90) + _arc(1 - r, 1 - r, r, r, 90, 0) + _arc(1 - r, r, r, r, 360, 270) + _arc(r, r, r, r, 270, 180) + _arc(r, .54 - r, r, r, 180, 90) + [(1, .54)]],
    }
    return table[c]


@functools.lru_cache(maxsize=40000)
def drawn(c, weight, width, radius, slashed):
    """A glyph of our own outlines: weight and width as shares of the height, corner radius 0-0.5 of the width."""
    s = 4
    h, t = HEIGHT * s, max(2, int(weight * HEIGHT * s))
    narrow = {"I": .35, "1": .62, "M": 1.12, "W": 1.2}.get(c, 1.0)
    w = int(width * HEIGHT * s * narrow)
    img = np.zeros((h, w + 2), np.uint8)
    for line in _strokes(c, radius):
        pts = np.array([(t / 2 + x * (w - t), t / 2 + y * (h - t)) for x, y in line], np.int32)
        cv2.polylines(img, [pts], False, 255, t, cv2.LINE_AA)
    if c == "0" and slashed:
        cv2.line(img, (int(w * .7), int(h * .3)), (int(w * .3), int(h * .7)), 255, t // 2, cv2.LINE_AA)
    return cv2.resize(img, (max(3, img.shape[1] // s), HEIGHT), interpolation=cv2.INTER_AREA)


@functools.lru_cache(maxsize=1)
def fonts():
    """Sans faces found in $PLATE_FONTS (or the system's folder) that hold the alphabet."""
    root = os.environ.get("PLATE_FONTS", "/usr/share/fonts")
    wanted = ("bold", "demi", "medium", "semibold", "black", "heavy", "mono", "condensed", "narrow", "regular", "book", "sans")
    unwanted = ("italic", "oblique", "serif", "symbol", "math", "light", "thin", "hairline", "emoji", "texgyre", "lobster", "dingbat", "bookman", "schola", "roman", "bonum", "c059", "p052", "z003", "d050", "slab")
    found = []
    for path in sorted(glob.glob(root + "/**/*.[to]tf", recursive=True)):
        name = os.path.basename(path).lower()
        if any(u in name for u in unwanted) or not any(w in name for w in wanted) or (name.startswith("noto") and not name.startswith(("notosans-", "notosansmono"))):
            continue
        font = ImageFont.truetype(path, 40)
        shapes = {bytes(font.getmask(c)) for c in ALPHABET + "\uffff"}
        if len(shapes) > 34:  # a font without the letters draws the same box for each
            found.append(path)
    return found


@functools.lru_cache(maxsize=40000)
def from_font(path, c):
    """A glyph of a font, stretched to the full height as plates do."""
    font = ImageFont.truetype(path, 160)
    box = font.getbbox(c)
    img = Image.new("L", (max(1, box[2] - box[0]) + 2, max(1, box[3] - box[1]) + 2), 0)
    ImageDraw.Draw(img).text((1 - box[0], 1 - box[1]), c, font=font, fill=255)
    a = np.asarray(img)
    ys, xs = np.where(a > 128)
    if len(ys) < 20:
        raise ValueError(f"{path} has no {c}")
    a = a[ys.min():ys.max() + 1, xs.min():xs.max() + 1]
    return cv2.resize(a, (max(4, int(a.shape[1] * HEIGHT / a.shape[0])), HEIGHT), interpolation=cv2.INTER_AREA)


class Face:
    """One plate's face: the same weight and proportions for all its characters."""

    def __init__(self, rng):
        usable = fonts()
        self.font = usable[rng.integers(len(usable))] if usable and rng.random() < .55 else None
        self.weight = round(float(rng.choice([.11, .13, .145, .16, .175, .2])), 3)
        self.width = round(float(rng.choice([.46, .52, .58, .64, .7])), 3)
        self.radius = round(float(rng.choice([.2, .3, .4, .5])), 2)
        self.slashed = bool(rng.random() < .1)
        self.stretch = float(rng.uniform(.68, 1.08))
        self.grow = int(rng.integers(-1, 3))

    def glyph(self, c):
        if self.font is None:
            return drawn(c, self.weight, self.width, self.radius, self.slashed)
        g = from_font(self.font, c)
        g = cv2.resize(g, (max(4, int(g.shape[1] * self.stretch)), HEIGHT), interpolation=cv2.INTER_LINEAR)
        if self.grow > 0:
            g = cv2.dilate(g, np.ones((2 * self.grow + 1, 2 * self.grow + 1), np.uint8))
        elif self.grow < 0:
            g = cv2.erode(g, np.ones((2, 2), np.uint8))
        return g
