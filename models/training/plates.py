"""Renders plates of the supported countries: true proportions, colours, bands, separators, two lines, dirt, frames, relief."""
import functools
import json
import os
import re

import cv2
import numpy as np

from glyphs import ALPHABET, HEIGHT, Face

L, D = "L", "D"
COUNTRIES = ["GB", "DE", "FR", "NL", "BE", "IT", "ES", "PT", "AT", "CH", "PL", "CZ", "SK", "HU", "HR", "SI", "RO", "IE", "SE", "NO", "DK", "FI", "BR", "IN", "US", "other"]
CONSONANTS = "BCDFGHJKLMNPRSTVWXYZ"
# Templates: L letter, D digit, C consonant, a space is a gap, '-' a drawn separator, '.' a badge; others stand for themselves.
FORMATS = {
    "GB": ["LLDD LLL"] * 8 + ["LDDD LLL", "LDD LLL", "LLL DDDL", "LLL DDD", "LLL DDDD", "DDDD LL", "QDDD LLL", "DDD LLL"],
    "DE": ["L.LL DDDD", "LL.LL DDD", "LLL.LL DDD", "L.L DDDD", "LL.L DDD", "LLL.L DD", "LL.LL DDDD", "LLL.LL DDDD"],
    "FR": ["LL-DDD-LL"] * 3 + ["DDDD LL DD", "DDD LLL DD"],
    "NL": ["DD-CC-CC", "CC-DD-CC", "DD-CCC-D", "D-CCC-DD", "CC-DDD-C", "C-DDD-CC", "CC-CC-DD"],
    "BE": ["1-LLL-DDD", "2-LLL-DDD", "LLL-DDD"],
    "IT": ["LL DDDLL", "LLDDDLL"],
    "ES": ["DDDD CCC", "L DDDD LL"],
    "PT": ["DD-DD-LL", "DD-LL-DD", "LL-DD-LL", "LL DD LL"],
    "AT": ["L.DDDDDL", "LL.DDDLL", "LL.DDDDL", "L.DDDDL"],
    "CH": ["LL.DDDDDD", "LL.DDDDD", "LL.DDDD"],
    "PL": ["LL DDDDD", "LLL LDDD", "LLL DDLL", "LL DDDDL", "LLL DDDD"],
    "CZ": ["DLD DDDD"] * 3 + ["DLL DDDD"],
    "SK": ["LL.DDDLL"] * 3 + ["LLDDDLL", "LL DDDLL"],
    "HU": ["LLL-DDD", "LL.LL-DDD"],
    "HR": ["LL.DDD-LL", "LL.DDDD-LL", "LL.DDDD-L"],
    "SI": ["LL.LL-DDD", "LL.DD-LLL", "LL.LDD-DD"],
    "RO": ["LL.DD.LLL", "B.DDD.LLL", "LL DD LLL"],
    "IE": ["DDD-L-DDDDD", "DDD-LL-DDDD", "DD-L-DDDDD"],
    "SE": ["LLL DDD", "LLL DDL"],
    "NO": ["LL DDDDD"],
    "DK": ["LL DD DDD"],
    "FI": ["LLL-DDD"],
    "BR": ["LLLDLDD", "LLL-DDDD", "LLL.DDDD"],
    "IN": ["LL DD LL DDDD", "LLDDLLDDDD", "LL DD L DDDD", "LL D LLL DDDD", "LL-DD-LL-DDDD", "LL DD DDDD"],
    "US": ["LLLDDDD", "LLL DDDD", "LLL-DDDD", "DLLLDDD", "LLLDDD", "LLL DDD", "DDDLLL", "DDD LLL", "LLDDDDD", "LDDDDD", "DDDDDD", "LDDLLD", "DLLDDDD", "LLDLLL", "LLLDLD", "LL DDDDD", "DDDDLL", "DDD.DDD", "LDDDDDD", "DLLDDD", "LLLLDD", "LLL.DDD", "LDL DDD", "LDLDLD", "DDDLLD", "LLLLLLL", "LLLLLL", "LL LLLL", "LLLLD"],
    "other": ["LLDDDD", "DDDDDDD", "LLLLLLL", "LDDDLL", "DDLLDD", "LLDDLL", "LDLDLDL", "LLLL", "LLLDD", "LDDDL", "DDDDD", "LLLLDDDD"],
}
WEIGHT = {"GB": 5, "DE": 3, "US": 7, "SK": 2.5, "CZ": 2.5, "IN": 2, "FR": 1.5, "HR": 1, "PL": 1.5, "other": 2, "BR": 1.5}
STATES = ["California", "TEXAS", "Florida", "NEW YORK", "Georgia", "OHIO", "Missouri", "WASHINGTON", "Illinois", "ARIZONA", "Virginia", "Oregon", "NEVADA", "Kansas", "Tennessee", "Maryland", "Wisconsin", "Utah", "IDAHO"]
SLOGANS = ["Sunshine State", "Show-Me State", "GRAND CANYON STATE", "dmv.ca.gov", "Evergreen State", "Empire State", "First in Flight", "Land of Lincoln", "Great Lakes", "www.state.us", "BIRTHPLACE OF AVIATION", "FULTON"]
DEALERS = ["THE AUTO STORE", "MOTORS", "Lakeside Cars", "ALUMNI", "UNIVERSITY", "I LOVE MY DOG", "Autohaus Nord", "www.autohaus.de", "GARAGE DU PORT", "AUTOSALON", "Northside 555-0142", "HONDA", "FORD", "TOYOTA", "BMW", "AUTO CENTRUM", "Concessionaria", "CITY MOTORS", "EST. 1964", "FAMILY OWNED", "GO TEAM", "Vehicle Sales 01632 960"]


@functools.lru_cache(maxsize=1)
def _given_out():
    """What each country gives out, as the product's grammars have it."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../SmartCity.Contracts/Plates/grammars.json"), encoding="utf-8") as file:
        grammars = json.load(file)
    out = {}
    for g in grammars:
        out.setdefault(g["country"], []).extend(re.sub(r"L(?![^\[]*\])(?![^(]*\))", "[A-Z]", re.sub(r"D(?![^\[]*\])(?![^(]*\))", "[0-9]", p)) for p in g["patterns"])
    return {c: re.compile("|".join(f"(?:{p})" for p in patterns)) for c, patterns in out.items()}


def _plausible(country, template, rng):
    """A text of a template: mostly one that the country gives out."""
    shape = _given_out().get(country) if rng.random() < .85 else None
    for _ in range(25):
        shown = text_of(template, rng)
        if shape is None or shape.fullmatch("".join(c for c in shown if c in ALPHABET)):
            break
    return shown


def text_of(template, rng):
    out = []
    for t in template:
        if t == L:
            out.append(ALPHABET[rng.integers(26)])
        elif t == D:
            out.append(str(rng.integers(10)))
        elif t == "C":
            out.append(CONSONANTS[rng.integers(len(CONSONANTS))])
        else:
            out.append(t)
    return "".join(out)


def _shade(rng, base, spread=14):
    return np.clip(np.array(base, float) + rng.normal(0, spread, 3), 0, 255)


def _colours(country, rng):
    """Background and ink, BGR."""
    white, yellow, black = (232, 236, 236), (30, 190, 245), (25, 25, 25)
    u = rng.random()
    if country == "GB":
        return (_shade(rng, white), _shade(rng, black, 8)) if u < .48 else (_shade(rng, yellow, 18), _shade(rng, black, 8)) if u < .93 else (_shade(rng, black, 10), _shade(rng, (220, 220, 220)))
    if country == "NL":
        return _shade(rng, (20, 180, 245), 18), _shade(rng, black, 8)
    if country == "BE":
        return _shade(rng, white), _shade(rng, (40, 30, 130), 20)
    if country == "IN":
        return (_shade(rng, white), _shade(rng, black, 10)) if u < .7 else (_shade(rng, yellow, 20), _shade(rng, black, 10)) if u < .9 else (_shade(rng, black, 12), _shade(rng, (200, 200, 220)))
    if country == "BR":
        return (_shade(rng, white), _shade(rng, black, 10)) if u < .5 else (_shade(rng, (165, 165, 165), 20), _shade(rng, black, 14)) if u < .9 else (_shade(rng, (30, 30, 170)), _shade(rng, white))
    if country in ("US", "other"):
        inks = [(110, 40, 20), (20, 20, 20), (40, 30, 150), (40, 110, 30), (120, 20, 90), (60, 20, 20)]
        if u < .12:
            return _shade(rng, (90, 40, 20), 30), _shade(rng, (200, 220, 220), 20)
        grounds = [white, white, white, (225, 230, 215), (180, 220, 240), (230, 215, 190), (200, 225, 200), (60, 200, 240)]
        return _shade(rng, grounds[rng.integers(len(grounds))], 16), _shade(rng, inks[rng.integers(len(inks))], 16)
    if country == "FR" and u < .1:
        return _shade(rng, yellow, 18), _shade(rng, black, 10)
    if u > .985:
        return _shade(rng, (40, 150, 60), 25), _shade(rng, white)
    return _shade(rng, white), _shade(rng, black, 12)


def _sky(w, h, a, b, rng):
    """A soft graphic such as US states print."""
    y = np.linspace(0, 1, h)[:, None, None]
    x = np.linspace(0, 1, w)[None, :, None]
    k = np.clip(y * rng.uniform(.3, 1.4) + np.sin(x * rng.uniform(1, 6) + rng.uniform(0, 6)) * rng.uniform(0, .25), 0, 1)
    return a * (1 - k) + b * k


def draw(rng, country=None):
    """A flat plate: (BGR picture, text A-Z0-9, country index, the box of each line of characters as x, y, width, height)."""
    return laid_out(rng, country)[:4]


def laid_out(rng, country=None):
    """A flat plate as draw gives it, and besides the box of each character and that of the plate without a dealer's frame."""
    if country is None:
        weights = np.array([WEIGHT.get(c, 1.0) for c in COUNTRIES])
        country = COUNTRIES[rng.choice(len(COUNTRIES), p=weights / weights.sum())]
    template = FORMATS[country][rng.integers(len(FORMATS[country]))]
    shown = _plausible(country, template, rng)
    two = rng.random() < {"IN": .3, "GB": .06, "other": .15, "BR": .12, "PT": .08}.get(country, .05 if country != "US" else 0) and any(s in shown for s in " -.")
    face = Face(rng, country)
    back, ink = _colours(country, rng)
    gap = rng.uniform(.03, .16) * HEIGHT
    space = rng.uniform(.25, .7) * HEIGHT
    lines = [shown]
    if two:
        cuts = [i for i, c in enumerate(shown) if c in " -."]
        cut = cuts[min(range(len(cuts)), key=lambda i: abs(cuts[i] - len(shown) / 2))]
        lines = [shown[:cut], shown[cut + 1:]]
    rows, marks, places = zip(*(_line(line, face, gap, space, rng) for line in lines))
    pad_x = rng.uniform(.1, .55) * HEIGHT
    pad_y = rng.uniform(.12, .32) * HEIGHT
    band = rng.uniform(.38, .6) * HEIGHT if country not in ("US", "IN", "BR", "CH", "other") and rng.random() < (.45 if country == "GB" else .8) else 0
    right = rng.uniform(.35, .55) * HEIGHT if country in ("FR", "IT", "PT") and rng.random() < .6 else 0
    text_w = max(r.shape[1] for r in rows)
    text_h = sum(r.shape[0] for r in rows) + (len(rows) - 1) * int(.18 * HEIGHT)
    top = bottom = 0
    if country == "US" or (country in ("other", "BR") and rng.random() < .5):
        top, bottom = rng.uniform(.35, .6) * HEIGHT, rng.uniform(.2, .5) * HEIGHT
        pad_x = rng.uniform(.2, .7) * HEIGHT
    w = int(text_w + 2 * pad_x + band + right)
    h = int(text_h + 2 * pad_y + top + bottom)
    if country == "US":
        w = max(w, int(h * 1.75))
    if country == "US" and rng.random() < .6:
        img = _sky(w, h, back, np.clip(back + rng.normal(0, 45, 3), 0, 255), rng)
    else:
        img = np.empty((h, w, 3))
        img[:] = back
    if band:
        _band(img[:, :int(band)], country, rng)
    if right:
        _right(img[:, -int(right):], country, rng)
    y = pad_y + top
    boxes, characters = [], []
    for row, seals, along in zip(rows, marks, places):
        x = band + (w - band - right - row.shape[1]) / 2 + rng.normal(0, 2)
        _stamp(img, row, int(x), int(y), ink, rng)
        for at, width in seals:
            _seal(img, country, int(x) + at + width // 2, int(y), width, rng)
        boxes.append((int(x), int(y), row.shape[1], row.shape[0]))
        characters += [(int(x) + at, int(y), width, row.shape[0]) for at, width in along]
        y += row.shape[0] + int(.18 * HEIGHT)
    if top and country in ("US", "other", "BR"):
        _caption(img, rng, STATES[rng.integers(len(STATES))], h, w, int(top * .75), top * .5, ink, rng.random() < .8)
        _caption(img, rng, SLOGANS[rng.integers(len(SLOGANS))], h, w, h - int(bottom * .25), bottom * .45, ink, rng.random() < .7)
        for cx, cy in ((.08, .12), (.92, .12)):
            if rng.random() < .35:
                s = int(h * .14)
                cv2.rectangle(img, (int(w * cx) - s // 2, int(h * cy) - s // 3), (int(w * cx) + s // 2, int(h * cy) + s // 2), _shade(rng, (60, 60, 160), 60).tolist(), -1)
    if country == "US" and rng.random() < .3:
        _emblem(img, boxes, rng)
    if country == "DK" and rng.random() < .7:
        cv2.rectangle(img, (3, 3), (w - 4, h - 4), (40, 40, 190), int(rng.integers(3, 7)))
    _finish(img, rng, ink)
    around = [(0, 0, w, h)]
    if rng.random() < (.35 if country in ("US", "other", "BR") else .2):
        img, (boxes, characters, around) = _holder(img, (boxes, characters, around), rng, country)
    text = "".join(c for c in shown if c in ALPHABET)
    return np.clip(img, 0, 255).astype(np.uint8), text, COUNTRIES.index(country), boxes, characters, around[0]


def _caption(img, rng, text, h, w, y, size, ink, there):
    if not there:
        return
    scale = size / 30
    (tw, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 2)
    scale *= min(1, w * .8 / max(1, tw))
    (tw, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 2)
    colour = _shade(rng, ink, 50).tolist()
    cv2.putText(img, text, ((w - tw) // 2, int(y)), int(rng.choice([cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX])), scale, colour, max(1, int(scale * 2.2)), cv2.LINE_AA)


CODES = {"DE": "D", "FR": "F", "BE": "B", "IT": "I", "ES": "E", "PT": "P", "AT": "A", "HU": "H", "IE": "IRL", "SI": "SLO", "SE": "S", "NO": "N", "FI": "FIN"}


def _band(strip, country, rng):
    """The band on the left: blue with twelve stars or a flag, and the country's letters."""
    h, band = strip.shape[:2]
    strip[:] = _shade(rng, (150, 60, 20), 18) if country != "GB" or rng.random() < .8 else _shade(rng, (60, 150, 40), 18)
    centre = (int(band / 2), int(h * .3))
    if country == "NO" or (country in ("GB", "PL") and rng.random() < .4):
        y0, y1, x0, x1 = int(h * .2), int(h * .42), int(band * .18), int(band * .82)
        cv2.rectangle(strip, (x0, y0), (x1, y1), (235, 235, 235) if country == "PL" else (60, 40, 180), -1)
        if country == "PL":
            cv2.rectangle(strip, (x0, (y0 + y1) // 2), (x1, y1), (50, 40, 190), -1)
        else:
            cv2.line(strip, (x0, (y0 + y1) // 2), (x1, (y0 + y1) // 2), (240, 240, 240), max(1, int(band * .1)))
            cv2.line(strip, ((x0 + x1) // 2, y0), ((x0 + x1) // 2, y1), (240, 240, 240), max(1, int(band * .1)))
    elif country != "GB" or rng.random() < .6:
        for a in range(0, 360, 30):
            cv2.circle(strip, (int(centre[0] + band * .28 * np.cos(np.radians(a))), int(centre[1] + band * .28 * np.sin(np.radians(a)))), max(1, int(band * .05)), (60, 220, 250), -1, cv2.LINE_AA)
    code = ("GB", "UK")[int(rng.random() < .4)] if country == "GB" else CODES.get(country, country)
    cv2.putText(strip, code, (int(band * (.14 if len(code) > 1 else .3)), int(h * .85)), cv2.FONT_HERSHEY_SIMPLEX, band / 60 / max(1, len(code) * .6), (240, 240, 240), max(1, int(band / 22)), cv2.LINE_AA)


def _right(strip, country, rng):
    """The band on the right: blue with a department's arms, or Portugal's yellow with the month."""
    h, band = strip.shape[:2]
    if country == "PT":
        strip[:] = _shade(rng, (20, 190, 240), 18)
        for y in (.4, .8):
            cv2.putText(strip, f"{rng.integers(1, 13):02d}", (int(band * .15), int(h * y)), cv2.FONT_HERSHEY_SIMPLEX, band / 60, (30, 30, 30), max(1, int(band / 22)), cv2.LINE_AA)
        return
    strip[:] = _shade(rng, (150, 60, 20), 18)
    if country == "FR":
        cv2.rectangle(strip, (int(band * .2), int(h * .15)), (int(band * .8), int(h * .5)), _shade(rng, (120, 120, 160), 60).tolist(), -1)
        cv2.putText(strip, f"{rng.integers(1, 96):02d}", (int(band * .2), int(h * .85)), cv2.FONT_HERSHEY_SIMPLEX, band / 65, (240, 240, 240), max(1, int(band / 22)), cv2.LINE_AA)
    else:
        cv2.circle(strip, (int(band / 2), int(h * .3)), int(band * .25), (60, 210, 240), max(1, int(band * .06)), cv2.LINE_AA)


def _seal(img, country, x, y, width, rng):
    """What stands between the groups: seals one above the other, arms, a dot."""
    h = HEIGHT
    r = max(3, int(min(width * .45, h * rng.uniform(.11, .19))))
    disc = lambda cy, colour: cv2.circle(img, (x, int(y + cy * h)), r, _shade(rng, colour, 25).tolist(), -1, cv2.LINE_AA)
    if country == "DE":
        disc(.24, (210, 200, 190))
        disc(.68, [(60, 140, 240), (60, 60, 200), (90, 170, 60), (170, 110, 40), (60, 200, 230)][rng.integers(5)])
        cv2.circle(img, (x, int(y + .68 * h)), max(2, r // 3), _shade(rng, (210, 210, 210), 25).tolist(), -1, cv2.LINE_AA)
    elif country == "CZ":
        disc(.25, (90, 90, 200))
        disc(.72, (90, 150, 70))
        if rng.random() < .6:
            for cy in (.25, .72):
                cv2.circle(img, (x, int(y + cy * h)), max(2, r // 2), (215, 220, 220), -1, cv2.LINE_AA)
    elif country in ("SK", "HR", "AT", "SI", "CH", "other", "BR"):
        top, bottom = y + h * rng.uniform(.22, .35), y + h * rng.uniform(.6, .75)
        a, b = {"SK": ((70, 60, 190), (160, 80, 40)), "HR": ((60, 50, 200), (225, 225, 230)), "AT": ((60, 60, 190), (220, 225, 225)), "SI": ((150, 90, 40), (90, 150, 60)), "CH": ((50, 40, 200), (220, 220, 220))}.get(country, ((120, 120, 120), (160, 160, 160)))
        shield = np.array([(x - r, top), (x + r, top), (x + r, (top + bottom) / 2), (x, bottom), (x - r, (top + bottom) / 2)], np.int32)
        cv2.fillPoly(img, [shield], _shade(rng, a, 25).tolist(), cv2.LINE_AA)
        cv2.circle(img, (x, int((top + bottom) / 2)), max(2, r // 2), _shade(rng, b, 25).tolist(), -1, cv2.LINE_AA)
        if country == "SK" and rng.random() < .5:
            cv2.line(img, (x - r, int(y + h * .82)), (x + r, int(y + h * .82)), (50, 50, 50), max(2, int(h * .06)))
    elif rng.random() < .6:
        disc(rng.uniform(.4, .6), rng.integers(30, 230, 3))
    else:
        cv2.rectangle(img, (x - r, int(y + h * .35)), (x + r, int(y + h * .7)), rng.integers(30, 230, 3).tolist(), -1)


def _emblem(img, boxes, rng):
    """A drawing beside or between the characters of a state's plate, which is no character."""
    x, y, w, h = boxes[0]
    r = int(h * rng.uniform(.16, .4))
    cx, cy = int(x - r * 1.3) if rng.random() < .5 else int(x + w + r * 1.3), int(y + h * rng.uniform(.35, .65))
    colour = _shade(rng, rng.integers(40, 220, 3), 10).tolist()
    u = rng.random()
    if u < .3:
        cv2.circle(img, (cx, cy), r, colour, -1, cv2.LINE_AA)
    elif u < .6:
        cv2.fillPoly(img, [np.array([(cx + r * rng.uniform(.5, 1) * np.cos(a), cy + r * rng.uniform(.5, 1.2) * np.sin(a)) for a in np.linspace(0, 6, 9)], np.int32)], colour, cv2.LINE_AA)
    else:
        for k, c in enumerate(text_of("LL" if u < .8 else "DD", rng)):  # small letters one below the other
            cv2.putText(img, c, (cx - r // 2, cy + int((k - .1) * r * 1.2)), cv2.FONT_HERSHEY_SIMPLEX, r / 24, colour, max(1, r // 9), cv2.LINE_AA)


def _holder(img, kinds, rng, country):
    """The plate in a dealer's frame, whose lettering is no plate: around it in the Americas, below it elsewhere. Returns the picture and each kind of boxes in it."""
    h, w = img.shape[:2]
    around = country in ("US", "other", "BR")
    top, bottom = int(h * (rng.uniform(.04, .24) if around else rng.uniform(.01, .08))), int(h * (rng.uniform(.04, .28) if around else rng.uniform(.08, .28)))
    side = int(h * rng.uniform(.02, .1))
    ground = _shade(rng, [(25, 25, 25), (25, 25, 25), (190, 190, 190), (235, 235, 235), (120, 40, 20), (30, 30, 150)][rng.integers(6)], 14)
    out = np.empty((h + top + bottom, w + 2 * side, 3))
    out[:] = ground
    out[top:top + h, side:side + w] = img
    ink = _shade(rng, (235, 235, 235) if ground.mean() < 128 else (30, 30, 30), 25)
    for y, room in ((top * .85, top), (top + h + bottom * .8, bottom)):
        _caption(out, rng, DEALERS[rng.integers(len(DEALERS))], *out.shape[:2], y, room * .7, ink, room > h * .1 and rng.random() < .8)
    return out, [[(x + side, y + top, bw, bh) for x, y, bw, bh in boxes] for boxes in kinds]


def _line(text, face, gap, space, rng):
    """The mask of a line, where room was left for seals, and where its characters are: left edges and widths."""
    parts, seals, characters = [], [], []
    for c in text:
        if c in ALPHABET:
            characters.append(len(parts))
            parts.append(face.glyph(c))
        elif c == " ":
            parts.append(np.zeros((HEIGHT, int(space)), np.uint8))
        elif c == "-":
            dash = np.zeros((HEIGHT, int(HEIGHT * .3)), np.uint8)
            if rng.random() < .85:
                cv2.line(dash, (4, HEIGHT // 2), (dash.shape[1] - 4, HEIGHT // 2), 255, max(3, int(HEIGHT * .09)))
            parts.append(dash)
        else:
            badge = np.zeros((HEIGHT, int(HEIGHT * rng.uniform(.35, .7))), np.uint8)
            u = rng.random()
            if u < .75:
                seals.append(len(parts))
            elif u < .9:
                cv2.circle(badge, (badge.shape[1] // 2, int(HEIGHT * rng.uniform(.4, .6))), max(3, int(HEIGHT * .06)), 255, -1, cv2.LINE_AA)
            parts.append(badge)
    pad = np.zeros((HEIGHT, int(gap)), np.uint8)
    out, at, where = [], 0, {}
    for k, p in enumerate(parts):
        where[k] = at
        out += [p, pad]
        at += p.shape[1] + pad.shape[1]
    return np.hstack(out[:-1]), *([(where[k], parts[k].shape[1]) for k in kind] for kind in (seals, characters))


def _stamp(img, mask, x, y, ink, rng):
    h, w = mask.shape
    H, W = img.shape[:2]
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(W, x + w), min(H, y + h)
    if x1 <= x0 or y1 <= y0:
        return
    a = mask[y0 - y:y1 - y, x0 - x:x1 - x].astype(np.float32)[..., None] / 255
    a *= rng.uniform(.78, 1)
    region = img[y0:y1, x0:x1]
    if rng.random() < .4:  # pressed relief: a bright and a dark edge
        edge = cv2.GaussianBlur(mask[y0 - y:y1 - y, x0 - x:x1 - x], (5, 5), 0).astype(np.float32)
        slope = cv2.Sobel(edge, cv2.CV_32F, 0, 1, ksize=3)[..., None] / 255
        region[:] = region + slope * rng.uniform(-25, 25)
    region[:] = region * (1 - a) + np.asarray(ink) * a


def _finish(img, rng, ink):
    h, w = img.shape[:2]
    if rng.random() < .6:  # rim
        cv2.rectangle(img, (1, 1), (w - 2, h - 2), _shade(rng, ink, 20).tolist(), int(rng.integers(1, 6)))
    if rng.random() < .35:  # holder
        t = int(h * rng.uniform(.05, .2))
        colour = _shade(rng, (30, 30, 30), 20).tolist()
        for part in ((0, 0, w, t // 3), (0, h - t, w, h)):
            cv2.rectangle(img, part[:2], part[2:], colour, -1)
    for _ in range(int(rng.integers(0, 5))):  # screws
        cv2.circle(img, (int(rng.uniform(.02, .98) * w), int(rng.uniform(.04, .96) * h)), int(rng.integers(2, 8)), _shade(rng, (120, 120, 120), 60).tolist(), -1, cv2.LINE_AA)
    if rng.random() < .4:  # dirt
        noise = cv2.resize(rng.random((4 + rng.integers(5), 6 + rng.integers(9))).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
        k = np.clip((noise - rng.uniform(.45, .8)) * 2.5, 0, .65)[..., None]
        img[:] = img * (1 - k) + _shade(rng, (60, 80, 95), 25) * k
    if rng.random() < .45:  # shadow or glare across
        x = np.linspace(-1, 1, w)[None, :] * rng.normal(0, 1) + np.linspace(-1, 1, h)[:, None] * rng.normal(0, 1) + rng.normal(0, .6)
        k = (1 / (1 + np.exp(-x * rng.uniform(2, 25))))[..., None]
        img[:] = img * (1 - k * rng.uniform(0, .6)) if rng.random() < .7 else img + k * rng.uniform(0, 110)


@functools.lru_cache(maxsize=1)
def _noise():
    return np.random.default_rng(7).standard_normal(1 << 21).astype(np.float32)


def grain(shape, rng):
    """Standard normal noise of a shape, cut from one long strip: drawing it anew costs more than the rest of a picture."""
    size = int(np.prod(shape))
    start = int(rng.integers(0, (1 << 21) - size))
    return _noise()[start:start + size].reshape(shape)


def degrade(img, rng, strength=1.0):
    """What a camera does to a picture: exposure, colour, night, blur, noise, compression."""
    f = img.astype(np.float32)
    if rng.random() < .5 * strength:
        f = 255 * np.power(np.clip(f / 255, 0, 1), rng.uniform(.5, 1.9))
    f = (f - 128) * rng.uniform(.35, 1.2) + 128 + rng.normal(0, 24)
    if rng.random() < .18:  # infrared or monochrome
        f[:] = f.mean(axis=2, keepdims=True)
    else:
        f *= rng.normal(1, .07, 3).astype(np.float32)
    if rng.random() < .3 * strength:
        k = int(rng.integers(2, 8))
        kernel = np.zeros((k, k), np.float32)
        kernel[k // 2] = 1 / k
        m = cv2.getRotationMatrix2D((k / 2 - .5, k / 2 - .5), rng.uniform(0, 180), 1)
        kernel = cv2.warpAffine(kernel, m, (k, k))
        s = kernel.sum()
        if s > .1:
            f = cv2.filter2D(f, -1, kernel / s)
    if rng.random() < .5 * strength:
        f = cv2.GaussianBlur(f, (0, 0), rng.uniform(.3, 1.5))
    if rng.random() < .3 * strength:  # a camera's own sharpening, with its bright and dark edges
        f = f + (f - cv2.GaussianBlur(f, (0, 0), rng.uniform(.7, 1.6))) * np.float32(rng.uniform(.4, 2))
    if rng.random() < .6:
        f = f + grain(f.shape, rng) * np.float32(rng.uniform(1, 14))
    f = np.clip(f, 0, 255).astype(np.uint8)
    if rng.random() < .5:
        f = cv2.imdecode(cv2.imencode(".jpg", f, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 92))])[1], cv2.IMREAD_COLOR)
    return f
