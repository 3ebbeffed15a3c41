"""Plate faces: our own outlines after the published shapes of national faces, and glyphs of free fonts.

A glyph is an alpha mask (uint8, 0-255), 96 pixels high, cut to its width. Faces give stroke weight and width;
everything else (relief, dirt, perspective) is the renderer's.
"""
import functools
import glob
import math
import os
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
HEIGHT = 96


def _arc(cx, cy, rx, ry, a0, a1, n=14):
    t = np.radians(np.linspace(a0, a1, n))
    return [(cx + rx * np.cos(a), cy + ry * np.sin(a)) for a in t]


def _hook(rx, ry, end):
    """From a terminal on the right over the top to the left: what C, G, S and 6 begin with. end: the terminal's y, within the corner or below it."""
    start = 360 - math.degrees(math.asin(max(0, (ry - end) / ry))) if end < ry else 360
    return ([(1, end)] if end > ry else []) + _arc(1 - rx, ry, rx, ry, start, 270) + _arc(rx, ry, rx, ry, 270, 180)


def _box(x0, y0, x1, y1, rx, ry):
    ry = min(ry, (y1 - y0) / 2)
    return _arc(x0 + rx, y0 + ry, rx, ry, 180, 270) + _arc(x1 - rx, y0 + ry, rx, ry, 270, 360) + _arc(x1 - rx, y1 - ry, rx, ry, 0, 90) + _arc(x0 + rx, y1 - ry, rx, ry, 90, 180) + [(x0, y0 + ry)]


def _turned(lines):
    return [[(1 - x, 1 - y) for x, y in line] for line in lines]


def _strokes(c, rx, ry, t, shape):
    """Polylines of a character in the unit square of its middle line, y down.

    rx, ry: corner radii in shares of the width and of the height (0 angular, 0.5 round); t: the stroke's weight in shares of the height,
    for openings that stay open in heavy faces; shape: the traits of a Shape.
    """
    rx, ry = max(rx, .02), min(max(ry, .02), .5)
    m = .48
    bowl = lambda y0, y1, x1=1.0: [(0, y0)] + _arc(x1 - min(rx * 1.3, .5), (y0 + y1) / 2, min(rx * 1.3, .5), (y1 - y0) / 2, -90, 90) + [(0, y1)]
    mouth = min(.32, .5 - t / 2 - .04)
    throat = max(.06, min(.24, m - t / 2 - .12))
    bottom = lambda: [(x, 1 - y) for x, y in reversed(_hook(rx, ry, mouth))]
    c_line = _hook(rx, ry, mouth) + bottom()
    s_line = (_hook(rx, min(ry, m / 2), throat) + _arc(rx, m - min(ry, m / 2), rx, min(ry, m / 2), 180, 90, 8)
              + _arc(1 - rx, m + min(ry, (1 - m) / 2), rx, min(ry, (1 - m) / 2), 270, 360, 8) + _arc(1 - rx, 1 - min(ry, (1 - m) / 2), rx, min(ry, (1 - m) / 2), 0, 90, 8)
              + _arc(rx, 1 - min(ry, (1 - m) / 2), rx, min(ry, (1 - m) / 2), 90, 180 - (0 if 1 - throat > 1 - ry else 20), 8))
    six = [[(.78, 0), (.07, .56)] + _arc(.5, .68, .5, .32, 195, 555, 22)] if shape.straight else [_hook(rx, min(ry, .3), throat) + [(0, .7)], _box(0, .44, 1, 1, rx, ry)]
    table = {
        "A": [[(0, 1), (.5, 0), (1, 1)], [(.18, .68), (.82, .68)]],
        "B": [[(0, 0), (0, 1)], bowl(0, m, .95), bowl(m, 1)],
        "C": [c_line],
        "D": [[(0, 0), (0, 1)], [(0, 0)] + _arc(1 - rx, ry, rx, ry, 270, 360) + _arc(1 - rx, 1 - ry, rx, ry, 0, 90) + [(0, 1)]],
        "E": [[(1, 0), (0, 0), (0, 1), (1, 1)], [(0, m), (.85, m)]],
        "F": [[(1, 0), (0, 0), (0, 1)], [(0, m), (.85, m)]],
        "G": [_hook(rx, ry, min(mouth, .56 - t * .5 - .1)) + _arc(rx, 1 - ry, rx, ry, 180, 90) + _arc(1 - rx, 1 - ry, rx, ry, 90, 0) + [(1, .56), (.55, .56)]],
        "H": [[(0, 0), (0, 1)], [(1, 0), (1, 1)], [(0, m), (1, m)]],
        "I": [[(.5, 0), (.5, 1)]] + ([[(0, 0), (1, 0)], [(0, 1), (1, 1)]] if shape.serif_i else []),
        "J": [([(.35, 0)] if shape.barred_j else []) + [(1, 0), (1, 1 - ry)] + _arc(1 - rx, 1 - ry, rx, ry, 0, 90) + _arc(rx, 1 - ry, rx, ry, 90, 175)],
        "K": [[(0, 0), (0, 1)], [(1, 0), (.05, .58)], [(.3, .42), (1, 1)]],
        "L": [[(0, 0), (0, 1), (1, 1)]],
        "M": [[(0, 1), (0, 0), (.5, shape.vee), (1, 0), (1, 1)]],
        "N": [[(0, 1), (0, 0), (1, 1), (1, 0)]],
        "O": [_box(0, 0, 1, 1, rx, ry)],
        "P": [[(0, 1), (0, 0)], bowl(0, .54)],
        "Q": [_box(0, 0, 1, 1, rx, ry), [(.58, .68), (1, 1.02)]],
        "R": [[(0, 1), (0, 0)], bowl(0, .52), [(.45, .52), (1, 1)]],
        "S": [s_line],
        "T": [[(0, 0), (1, 0)], [(.5, 0), (.5, 1)]],
        "U": [[(0, 0), (0, 1 - ry)] + _arc(rx, 1 - ry, rx, ry, 180, 90) + _arc(1 - rx, 1 - ry, rx, ry, 90, 0) + [(1, 0)]],
        "V": [[(0, 0), (.5, 1), (1, 0)]],
        "W": [[(0, 0), (.24, 1), (.5, 1 - shape.vee), (.76, 1), (1, 0)]],
        "X": [[(0, 0), (1, 1)], [(1, 0), (0, 1)]],
        "Y": [[(0, 0), (.5, shape.fork), (1, 0)], [(.5, shape.fork), (.5, 1)]],
        "Z": [[(0, 0), (1, 0), (0, 1), (1, 1)]],
        "0": [_box(0, 0, 1, 1, rx, ry)],
        "1": [[(.5, 0), (.5, 1)]] if shape.plain_one else [[(.1, .24), (.6, 0), (.6, 1)]] + ([[(.1, 1), (1, 1)]] if shape.foot else []),
        "2": [[(0, .25)] + _arc(.5, .28, .5, .28, 190, 380, 16) + [(0, 1), (1, 1)]],
        "3": [[(.03, 0), (.97, 0), (.42, .42)] + _arc(.48, .7, .52, .3, 275, 515, 16)] if shape.flat_three else [[(.02, .2)] + _arc(.48, .25, .46, .25, 200, 450, 16) + [(.4, .5)] + _arc(.48, .74, .5, .26, 270, 520, 16)],
        "4": [[(.72, 1), (.72, 0), (0, .7), (1, .7)]] if not shape.open_four else [[(.4, 0), (0, .7), (1, .7)], [(.72, .4), (.72, 1)]],
        "5": [[(.95, 0), (.1, 0), (.06, .45)] + _arc(.46, .67, .52, .32, 230, 500, 16)],
        "6": six,
        "7": [[(0, 0), (1, 0), (.38, 1)]],
        "8": [_box(.04, 0, .96, .49, rx, ry), _box(0, .49, 1, 1, rx, ry)] if shape.square_eight else [_arc(.5, .245, .45, .245, 0, 360, 22), _arc(.5, .745, .5, .255, 0, 360, 22)],
        "9": _turned(six),
    }
    return table[c]


@dataclass(frozen=True)
class Shape:
    """How one face draws its characters: weight and width in shares of the height, corner radii in shares of the width, and what tells it from others."""
    weight: float
    width: float
    radius: float
    long: float = 1.0  # corners longer than wide
    caps: bool = False  # round ends of strokes
    vee: float = .6
    fork: float = .52  # where the arms of Y meet
    zero: str = ""  # "", narrow, slash, slit, dot
    wide: float = 1.15  # M and W
    one: float = .6
    plain_one: bool = False
    foot: bool = False
    serif_i: bool = False
    barred_j: bool = False
    straight: bool = False
    flat_three: bool = False
    open_four: bool = False
    square_eight: bool = False


def _stroke(img, line, t, caps):
    """One polyline of thickness t with round joints; its ends are cut square, at the character's edge where they lie on it."""
    line = np.array(line, float)
    for a, b in zip(line[:-1], line[1:]):
        d = (b - a) / max(1e-6, np.hypot(*(b - a)))
        n = np.array([-d[1], d[0]]) * t / 2
        cv2.fillConvexPoly(img, np.round(np.array([a + n, b + n, b - n, a - n]) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    for p in line if caps else line[1:-1]:
        cv2.circle(img, tuple(int(round(v * 16)) for v in p), int(t * 8), 255, -1, cv2.LINE_AA, 4)


def _ends(line, t, size):
    """Lengthened by half the weight where a stroke ends on the edge of the character, so that it reaches the edge."""
    line = [np.array(p, float) for p in line]
    for end, inner in ((0, 1), (-1, -2)):
        p, q = line[end], line[inner]
        if min(p[0], p[1], size[0] - p[0], size[1] - p[1]) <= t / 2 + 1 and np.hypot(*(p - q)) > 1:
            line[end] = p + (p - q) / np.hypot(*(p - q)) * t / 2
    return line


@functools.lru_cache(maxsize=60000)
def drawn(c, shape):
    """A glyph of our own outlines."""
    s = 3
    h, t = HEIGHT * s, max(2.0, shape.weight * HEIGHT * s)
    narrow = {"I": .62 if shape.serif_i else t / (shape.width * h), "1": t / (shape.width * h) if shape.plain_one else shape.one, "M": shape.wide, "W": shape.wide * 1.04, "0": .9 if shape.zero in ("narrow", "slit") else 1, "J": .9}.get(c, 1.0)
    w = max(int(shape.width * h * narrow), int(t) + 1)
    inner = (w - t, h - t)
    rx = min(.5, shape.radius * (.72 if c == "0" and shape.zero in ("narrow", "slit") else 1))
    ry = min(.5, rx * inner[0] / inner[1] * shape.long)
    img = np.zeros((h, w), np.uint8)
    for line in _strokes(c, rx, ry, t / inner[1], shape):
        line = [(t / 2 + x * inner[0], t / 2 + y * inner[1]) for x, y in line]
        closed = np.hypot(line[0][0] - line[-1][0], line[0][1] - line[-1][1]) < 2
        _stroke(img, line if closed or shape.caps else _ends(line, t, (w, h)), t, shape.caps or closed)
    if c == "0" and shape.zero in ("slash", "slit", "dot"):
        if shape.zero == "slash":
            cv2.line(img, (int(w * .72), int(h * .27)), (int(w * .28), int(h * .73)), 255, int(t * .55), cv2.LINE_AA)
        elif shape.zero == "dot":
            cv2.ellipse(img, (w // 2, h // 2), (int(t * .3), int(t * .45)), 0, 0, 360, 255, -1, cv2.LINE_AA)
        else:
            cv2.line(img, (int(w * .5), int(h * .22)), (int(w * 1.05), int(h * .02)), 0, max(2, int(t * .3)), cv2.LINE_AA)
    return cv2.resize(img, (max(3, w // s), HEIGHT), interpolation=cv2.INTER_AREA)


def _one_of(rng, *values):
    return values[rng.integers(len(values))]


def _near(rng, value, share=.05):
    """A value of a small set about another: few enough that drawn glyphs are found again."""
    return round(value * (1 + share * int(rng.integers(-2, 3)) / 2), 4)


def national(country, rng):
    """The face of a country after its published shapes; None where there is none."""
    if country == "GB":  # Charles Wright 2001: 50 × 79 mm, strokes of 14; I and 1, O and 0 alike
        return Shape(_near(rng, .177), _near(rng, .633), _one_of(rng, .3, .36, .42), _one_of(rng, 1.0, 1.25), wide=1.0, vee=.56, plain_one=rng.random() < .6, square_eight=rng.random() < .4)
    if country == "DE" and rng.random() < .75:  # FE: 47.5 × 75 mm, strokes of 10 to 11; each character unlike the others
        return Shape(_near(rng, .142), _near(rng, .62), _one_of(rng, .4, .46), _one_of(rng, 1.15, 1.4), zero="slit", serif_i=True, wide=1.0, vee=.5, one=.66, flat_three=rng.random() < .3, barred_j=rng.random() < .5)
    if country in ("DE", "AT", "CZ", "SK", "HU", "HR", "SI", "RO", "PL", "DK", "SE", "NO", "FI", "CH"):  # DIN 1451 and what came of it
        return Shape(_near(rng, _one_of(rng, .12, .135, .15)), _near(rng, _one_of(rng, .48, .54, .6)), _one_of(rng, .38, .44, .5), 1.0, caps=rng.random() < .3, zero="narrow" if rng.random() < .6 else "", straight=rng.random() < .5, vee=_one_of(rng, .55, .7, 1.0), serif_i=rng.random() < .15)
    if country in ("FR", "BE", "NL", "IT", "ES", "PT", "IE"):
        return Shape(_near(rng, _one_of(rng, .13, .15, .17)), _near(rng, _one_of(rng, .5, .56, .62)), _one_of(rng, .34, .42, .5), _one_of(rng, 1.0, 1.2), caps=rng.random() < .4, zero="narrow" if rng.random() < .3 else "", straight=rng.random() < .3, square_eight=rng.random() < .3, serif_i=rng.random() < .2)
    if country in ("US", "BR", "other"):  # embossed dies: narrow, round ends
        return Shape(_near(rng, _one_of(rng, .11, .13, .15)), _near(rng, _one_of(rng, .42, .47, .52)), _one_of(rng, .3, .4, .5), _one_of(rng, 1.0, 1.3), caps=rng.random() < .75, zero=_one_of(rng, "", "", "", "slash", "dot", "narrow"), straight=rng.random() < .35, vee=_one_of(rng, .5, .65, 1.0),
                     serif_i=rng.random() < .35, foot=rng.random() < .25, flat_three=rng.random() < .15, square_eight=rng.random() < .35, barred_j=rng.random() < .25, fork=_one_of(rng, .42, .52, .66), open_four=rng.random() < .15, wide=_one_of(rng, 1.0, 1.12))
    return None


def anyhow(rng):
    """A face of no country."""
    return Shape(_one_of(rng, .11, .13, .145, .16, .175, .2), _one_of(rng, .46, .52, .58, .64, .7), _one_of(rng, .2, .3, .4, .5), _one_of(rng, 1.0, 1.3), caps=rng.random() < .4, zero=_one_of(rng, "", "", "", "", "slash", "narrow"), straight=rng.random() < .4,
                 vee=_one_of(rng, .55, .75), serif_i=rng.random() < .2, square_eight=rng.random() < .4, plain_one=rng.random() < .1, fork=_one_of(rng, .45, .55, .65))


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

    def __init__(self, rng, country=None):
        usable, u = fonts(), rng.random()
        self.shape = national(country, rng) if u < .45 else anyhow(rng) if u < .55 or not usable else None
        self.font = usable[rng.integers(len(usable))] if self.shape is None and usable else None
        if self.font is None and self.shape is None:
            self.shape = anyhow(rng)
        self.stretch = float(rng.uniform(.68, 1.08))
        self.grow = int(rng.integers(-1, 3))

    def glyph(self, c):
        if self.font is None:
            return drawn(c, self.shape)
        g = from_font(self.font, c)
        g = cv2.resize(g, (max(4, int(g.shape[1] * self.stretch)), HEIGHT), interpolation=cv2.INTER_LINEAR)
        if self.grow > 0:
            g = cv2.dilate(g, np.ones((2 * self.grow + 1, 2 * self.grow + 1), np.uint8))
        elif self.grow < 0:
            g = cv2.erode(g, np.ones((2, 2), np.uint8))
        return g
