"""Renders plates of the supported countries: true proportions, colours, bands, separators, two lines, dirt, frames, relief."""
import functools

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
    "IE": ["DDD-L-DDDDD", "DDD-LL-DDDD", "DD-L-DDDDD", "DDD-D-DDDD"],
    "SE": ["LLL DDD", "LLL DDL"],
    "NO": ["LL DDDDD"],
    "DK": ["LL DD DDD"],
    "FI": ["LLL-DDD"],
    "BR": ["LLLDLDD", "LLL-DDDD", "LLL.DDDD"],
    "IN": ["LL DD LL DDDD", "LLDDLLDDDD", "LL DD L DDDD", "LL D LLL DDDD", "LL-DD-LL-DDDD", "LL DD DDDD"],
    "US": ["LLLDDDD", "LLL DDDD", "LLL-DDDD", "DLLLDDD", "LLLDDD", "LLL DDD", "DDDLLL", "DDD LLL", "LLDDDDD", "LDDDDD", "DDDDDD", "LDDLLD", "DLLDDDD", "LLDLLL", "LLLDLD", "LL DDDDD", "DDDDLL", "DDD.DDD", "LDDDDDD", "DLLDDD", "LLLLDD", "LLL.DDD", "LDL DDD", "LDLDLD", "DDDLLD"],
    "other": ["LLDDDD", "DDDDDDD", "LLLLLLL", "LDDDLL", "DDLLDD", "LLDDLL", "LDLDLDL", "LLLL", "LLLDD", "LDDDL", "DDDDD", "LLLLDDDD"],
}
WEIGHT = {"GB": 5, "DE": 3, "US": 7, "SK": 2.5, "CZ": 2.5, "IN": 2, "FR": 1.5, "HR": 1, "PL": 1.5, "other": 2, "BR": 1.5}
STATES = ["California", "TEXAS", "Florida", "NEW YORK", "Georgia", "OHIO", "Missouri", "WASHINGTON", "Illinois", "ARIZONA", "Virginia", "Oregon", "NEVADA", "Kansas", "Tennessee", "Maryland", "Wisconsin", "Utah", "IDAHO"]
SLOGANS = ["Sunshine State", "Show-Me State", "GRAND CANYON STATE", "dmv.ca.gov", "Evergreen State", "Empire State", "First in Flight", "Land of Lincoln", "Great Lakes", "www.state.us", "BIRTHPLACE OF AVIATION", "FULTON"]


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
    if u < .04:
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
    if country is None:
        weights = np.array([WEIGHT.get(c, 1.0) for c in COUNTRIES])
        country = COUNTRIES[rng.choice(len(COUNTRIES), p=weights / weights.sum())]
    template = FORMATS[country][rng.integers(len(FORMATS[country]))]
    shown = text_of(template, rng)
    two = rng.random() < {"IN": .3, "GB": .06, "other": .15, "BR": .12, "PT": .08}.get(country, .05 if country != "US" else 0) and any(s in shown for s in " -.")
    face = Face(rng)
    back, ink = _colours(country, rng)
    gap = rng.uniform(.03, .16) * HEIGHT
    space = rng.uniform(.25, .7) * HEIGHT
    lines = [shown]
    if two:
        cuts = [i for i, c in enumerate(shown) if c in " -."]
        cut = cuts[min(range(len(cuts)), key=lambda i: abs(cuts[i] - len(shown) / 2))]
        lines = [shown[:cut], shown[cut + 1:]]
    rows = [_line(line, face, gap, space, rng, country) for line in lines]
    pad_x = rng.uniform(.1, .55) * HEIGHT
    pad_y = rng.uniform(.12, .32) * HEIGHT
    band = rng.uniform(.38, .6) * HEIGHT if country not in ("US", "IN", "BR", "CH", "other") and rng.random() < (.35 if country == "GB" else .75) else 0
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
        img[:, :int(band)] = _shade(rng, (150, 60, 20), 18)
        centre = (int(band / 2), int(h * .3))
        for a in range(0, 360, 30):
            cv2.circle(img, (int(centre[0] + band * .28 * np.cos(np.radians(a))), int(centre[1] + band * .28 * np.sin(np.radians(a)))), max(1, int(band * .05)), (60, 220, 250), -1, cv2.LINE_AA)
        code = {"GB": "GB", "DE": "D", "FR": "F", "BE": "B", "IT": "I", "ES": "E", "PT": "P", "AT": "A", "HU": "H", "IE": "IRL"}.get(country, country)
        cv2.putText(img, code, (int(band * .14), int(h * .85)), cv2.FONT_HERSHEY_SIMPLEX, band / 60 / max(1, len(code) * .6), (240, 240, 240), max(1, int(band / 22)), cv2.LINE_AA)
    if right:
        img[:, -int(right):] = _shade(rng, (150, 60, 20), 18)
    y = pad_y + top
    boxes = []
    for row in rows:
        x = band + (w - band - right - row.shape[1]) / 2 + rng.normal(0, 2)
        _stamp(img, row, int(x), int(y), ink, rng)
        boxes.append((int(x), int(y), row.shape[1], row.shape[0]))
        y += row.shape[0] + int(.18 * HEIGHT)
    if top and country in ("US", "other", "BR"):
        _caption(img, rng, STATES[rng.integers(len(STATES))], h, w, int(top * .75), top * .5, ink, rng.random() < .8)
        _caption(img, rng, SLOGANS[rng.integers(len(SLOGANS))], h, w, h - int(bottom * .25), bottom * .45, ink, rng.random() < .7)
        for cx, cy in ((.08, .12), (.92, .12)):
            if rng.random() < .35:
                s = int(h * .14)
                cv2.rectangle(img, (int(w * cx) - s // 2, int(h * cy) - s // 3), (int(w * cx) + s // 2, int(h * cy) + s // 2), _shade(rng, (60, 60, 160), 60).tolist(), -1)
    _finish(img, rng, ink)
    text = "".join(c for c in shown if c in ALPHABET)
    return np.clip(img, 0, 255).astype(np.uint8), text, COUNTRIES.index(country), boxes


def _caption(img, rng, text, h, w, y, size, ink, there):
    if not there:
        return
    scale = size / 30
    (tw, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 2)
    scale *= min(1, w * .8 / max(1, tw))
    (tw, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 2)
    colour = _shade(rng, ink, 50).tolist()
    cv2.putText(img, text, ((w - tw) // 2, int(y)), int(rng.choice([cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX])), scale, colour, max(1, int(scale * 2.2)), cv2.LINE_AA)


def _line(text, face, gap, space, rng, country):
    parts = []
    for c in text:
        if c in ALPHABET:
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
            centre = (badge.shape[1] // 2, int(HEIGHT * rng.uniform(.4, .6)))
            if u < .45:
                cv2.circle(badge, centre, int(HEIGHT * rng.uniform(.1, .2)), 150, -1, cv2.LINE_AA)
                if country == "DE":
                    cv2.circle(badge, (centre[0], int(HEIGHT * .22)), int(HEIGHT * .13), 190, -1, cv2.LINE_AA)
            elif u < .6:
                cv2.rectangle(badge, (centre[0] - 9, centre[1] - 12), (centre[0] + 9, centre[1] + 12), 130, -1)
            elif u < .75:
                cv2.circle(badge, centre, max(3, int(HEIGHT * .06)), 255, -1, cv2.LINE_AA)
            parts.append(badge)
    pad = np.zeros((HEIGHT, int(gap)), np.uint8)
    out = []
    for p in parts:
        out += [p, pad]
    return np.hstack(out[:-1])


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
    if rng.random() < .6:
        f = f + grain(f.shape, rng) * np.float32(rng.uniform(1, 14))
    f = np.clip(f, 0, 255).astype(np.uint8)
    if rng.random() < .5:
        f = cv2.imdecode(cv2.imencode(".jpg", f, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 92))])[1], cv2.IMREAD_COLOR)
    return f
