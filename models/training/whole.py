"""The whole-plate reader: a plate and what is around it (56 × 192 BGR) → how probable it is that its left end is seen, that its right end is seen, that no character is hidden, and that it is a plate and no mere lettering.

    python3 whole.py train --minutes 30 --out whole.pt && python3 whole.py export whole.pt whole.onnx
"""
import math

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import glyphs
import halves
import hiding
import loop
import plates
import scenes
from reader import warp

WIDTH, HEIGHT = 192, 56
MARGIN_ALONG, MARGIN_ACROSS = 1.2, 1.05
TWO_LINE_ASPECT, LINES_OF_TWO = 2.2, 2.2  # as the product tells two lines from one
ANSWERS = ["left end seen", "right end seen", "nothing hidden", "plate"]
YES, NO, UNKNOWN = 1, 0, -1
LINE = 56  # pixels of a line's height as it is drawn
KINDS, SHARES = ["whole", "end hidden", "edge of the picture", "cut by the detector", "within hidden", "lettering"], [.38, .19, .07, .06, .12, .18]


def block(cin, cout, stride):
    return nn.Sequential(nn.Conv2d(cin, cin, 3, stride, 1, groups=cin, bias=False), nn.BatchNorm2d(cin), nn.Conv2d(cin, cout, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU())


class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 24, 3, 2, 1, bias=False), nn.BatchNorm2d(24), nn.ReLU(), block(24, 48, 2), block(48, 48, 1), block(48, 96, 2), block(96, 96, 1), block(96, 96, 1), block(96, 96, 1), block(96, 24, 1))
        # An end is an end by where it stands.
        self.head = nn.Sequential(nn.Linear(24 * 7 * 24, 96), nn.ReLU(), nn.Dropout(.1), nn.Linear(96, len(ANSWERS)))

    def forward(self, x):
        logits = self.head(self.body((x.permute(0, 3, 1, 2).float() - 127.5) / 64).flatten(1))
        return logits if self.training else torch.sigmoid(logits)


def _body(w, h, box, line, rng):
    """What is around a plate on a vehicle: paint, seams, a grille, a recess that may be as tight as the plate."""
    img = hiding.surface(w, h, rng)
    x0, y0, x1, y1 = box
    for _ in range(int(rng.integers(0, 5))):  # seams, the bumper, shadows
        y, t = int(rng.uniform(0, h)), max(1, int(line * rng.uniform(.02, .5)))
        cv2.line(img, (0, y), (w, int(y + rng.normal(0, line * .2))), hiding.colour(rng).tolist(), t, cv2.LINE_AA)
    if rng.random() < .3:  # the grille's bars
        dark, step, t = rng.uniform(5, 60), line * rng.uniform(.15, .5), max(1, int(line * rng.uniform(.03, .15)))
        top = rng.uniform(0, h)
        img[int(top):int(top + line * rng.uniform(.5, 3))] = dark
        for k in range(int(max(w, h) / step)):
            a, b = ((0, int(top + k * step)), (w, int(top + k * step))) if rng.random() < .97 else ((int(k * step), 0), (int(k * step), h))
            cv2.line(img, a, b, [float(dark + rng.uniform(10, 120))] * 3, t, cv2.LINE_AA)
    if rng.random() < .45:  # a recess or a holder, larger by anything from nothing
        m = np.exp(rng.uniform(math.log(.02), math.log(1.1), 4)) * line
        cv2.rectangle(img, (int(x0 - m[0]), int(y0 - m[1])), (int(x1 + m[2]), int(y1 + m[3])), hiding.colour(rng).tolist() if rng.random() < .5 else [float(rng.uniform(8, 60))] * 3, -1)
    for end in (0, 1):  # something beside the plate, that hides nothing of it
        if rng.random() < .18:
            gap, wide = rng.uniform(-.01, .35) * line, rng.uniform(.1, 1.6) * line
            a, b = (x0 - gap - wide, x0 - gap) if end == 0 else (x1 + gap, x1 + gap + wide)
            up, down = rng.uniform(-.4, 1.2, 2) * line
            cv2.rectangle(img, (int(a), int(y0 - up)), (int(b), int(y1 + down)), hiding.colour(rng).tolist() if rng.random() < .6 else [float(rng.uniform(8, 60))] * 3, -1)
    return img


def _answer(value, yes, no):
    return YES if value <= yes else NO if value >= no else UNKNOWN


def _plate(kind, rng):
    """A picture of a plate on a vehicle, the ends and sides (x0, y0, x1, y1) that a detector would give, a line's height, where the picture's edge is (end, x) or None, and the answers."""
    flat, _, _, boxes, characters, holder = plates.laid_out(rng)
    size = LINE / boxes[0][3]
    flat = cv2.resize(flat, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
    boxes, characters, (holder,) = ([tuple(v * size for v in b) for b in kind] for kind in (boxes, characters, [holder]))
    line = boxes[0][3]
    along, across = int(line * (MARGIN_ALONG + 1.3)), int(line * (MARGIN_ACROSS + .9))
    h, w = flat.shape[0] + 2 * across, flat.shape[1] + 2 * along
    move = lambda b: (b[0] + along, b[1] + across, *b[2:])
    boxes, characters, (px, py, pw, ph) = [move(b) for b in boxes], [move(c) for c in characters], move(holder)
    plate = (px, py, px + pw, py + ph)
    img = _body(w, h, (along, across, w - along, h - across), line, rng)
    img[across:-across, along:-along] = flat
    mask, edge = np.zeros((h, w), np.float32), None
    x0, x1 = min(c[0] for c in characters), max(c[0] + c[2] for c in characters)
    ends = [x0, x1]
    if kind == "end hidden":
        for end in ([0], [1], [0, 1])[rng.choice(3, p=[.45, .45, .1])]:
            hiding.beyond(mask, hiding.edge(characters, plate, end, line, rng), end, plate, line, rng)
    elif kind == "within hidden":
        hiding.within(mask, plate, characters, line, rng)
    elif kind == "edge of the picture":
        end = int(rng.integers(2))
        edge = (end, hiding.edge(characters, plate, end, line, rng) if rng.random() < .75 else plate[2 * end] + (2 * end - 1) * line * rng.uniform(0, 1.2))
        mask[:, :max(0, int(edge[1]))] = 1 if end == 0 else mask[:, :max(0, int(edge[1]))]
        mask[:, int(edge[1]):] = mask[:, int(edge[1]):] if end == 0 else 1
    elif rng.random() < .12:  # something that hangs or stands before the vehicle without hiding a character
        hiding.within(mask, plate, characters, line, rng)
        mask = mask * (cv2.dilate(np.float32(_drawn(characters, mask.shape)), np.ones((3, 3))) == 0)
    if kind != "edge of the picture" and mask.any():
        img = hiding.cover(img, mask, rng)
    hidden = [hiding.covered(mask, c) for c in characters]
    ordered = sorted(range(len(characters)), key=lambda k: characters[k][0])
    seen = [k for k in ordered if hidden[k] < .5] or ordered
    lines = len(boxes)
    cut = [0.0, 0.0]
    for end in (0, 1):  # hidden characters are outside what the detector gives, mostly
        true, visible = ends[end], (min(characters[k][0] for k in seen) if end == 0 else max(characters[k][0] + characters[k][2] for k in seen))
        u = rng.random()
        ends[end] = visible if u < .6 else visible + (true - visible) * rng.uniform(0, 1) if u < .85 else true
        if edge is not None and edge[0] == end:
            ends[end] = (max if end == 0 else min)(ends[end], edge[1]) if rng.random() < .8 else ends[end]
    if kind == "cut by the detector":
        end = int(rng.integers(2))
        cut[end] = float(rng.uniform(.3, min(3 * line, (x1 - x0) * .6) / line))
    for end in (0, 1):
        cut[end] += float(rng.normal(0, .11)) if kind != "lettering" else 0
        ends[end] += (1 - 2 * end) * cut[end] * line
    top, bottom = min(b[1] for b in boxes), max(b[1] + b[3] for b in boxes)
    clear = _answer(max(hidden), .07, .28)
    if lines == 2 and rng.random() < .25:  # one of two lines
        b = boxes[rng.integers(2)]
        top, bottom, ends, lines, clear = b[1], b[1] + b[3], [b[0], b[0] + b[2]], 1, NO
    answers = []
    for end in (0, 1):
        outer = [c for c in characters if (c[0] < x0 + line * .12 if end == 0 else c[0] + c[2] > x1 - line * .12)]
        margin = (plate[0], top, max(2, x0 - plate[0]), bottom - top) if end == 0 else (x1, top, max(2, plate[2] - x1), bottom - top)
        worst = max(max(hiding.covered(mask, c) for c in outer), 0)
        answer = NO if worst >= .2 or hiding.covered(mask, margin) >= .85 or cut[end] >= .36 else YES if worst <= .1 and hiding.covered(mask, margin) <= .4 and cut[end] <= .24 else UNKNOWN
        answers.append(answer)
    return img, (ends[0], top, ends[1], bottom), line, edge, [*answers, clear, YES]


def _drawn(characters, shape):
    out = np.zeros(shape, np.uint8)
    for x, y, w, h in characters:
        out[max(0, int(y)):int(y + h), max(0, int(x)):int(x + w)] = 1
    return out


FLEET = ["LLL DDD", "LL DDD", "LDDD", "LL DDDDD", "LLDDD", "DDDD LL", "LDD LLL", "LLDD LLL", "DD LLL", "LLL DD", "DDDDD", "LL DDDD", "LLL DDDD", "L DDDD", "LLDDDD", "TAXI DDD", "BUS DD", "UNIT DDD", "LLL DDL", "DL DDDD"]


def _text(rng):
    u = rng.random()
    if u < .45:
        return plates.text_of(FLEET[rng.integers(len(FLEET))], rng)
    if u < .75:
        formats = plates.FORMATS[plates.COUNTRIES[rng.integers(len(plates.COUNTRIES))]]
        return plates.text_of(formats[rng.integers(len(formats))], rng).replace(".", " ")
    words = scenes.WORDS if rng.random() < .7 else plates.DEALERS
    return words[rng.integers(len(words))].strip() or "P"


def _mask(text, rng):
    usable = glyphs.fonts()
    if rng.random() < .3 or not usable:
        shown = "".join(c for c in text.upper() if c in glyphs.ALPHABET + " -") or "A1"
        mask = plates._line(shown, glyphs.Face(rng, "GB"), rng.uniform(.03, .25) * glyphs.HEIGHT, rng.uniform(.25, .8) * glyphs.HEIGHT, rng)[0]
    else:
        mask = scenes._lettering(usable[rng.integers(len(usable))], 90, text)
        mask = cv2.resize(mask, (max(8, int(mask.shape[1] * 96 / mask.shape[0] * rng.uniform(.8, 1.2))), 96), interpolation=cv2.INTER_AREA)
        if rng.random() < .2:  # wide spaces between the letters
            columns = np.flatnonzero(mask.max(0) < 20)
            mask = np.insert(mask, np.repeat(columns, 1), 0, axis=1)
    return cv2.resize(mask, (max(8, mask.shape[1] * LINE // mask.shape[0]), LINE), interpolation=cv2.INTER_AREA)[:, :LINE * 16]


def _lettering(rng):
    """Lettering on paint, glass, boards or a display, and the same four things of it; no answers about its ends unless it goes on beyond them."""
    mask = _mask(_text(rng), rng)
    line, tw = mask.shape
    along, across = int(line * (MARGIN_ALONG + 1.3)), int(line * (MARGIN_ACROSS + .9))
    h, w = line + 2 * across, tw + 2 * along
    u = rng.random()
    dots = False
    if u < .6:
        ground = hiding.surface(w, h, rng, .12) if rng.random() < .6 else np.zeros((h, w, 3), np.float32) + np.float32([(30, 25, 170), (235, 235, 235), (25, 25, 25), (40, 190, 245), (120, 50, 20), (60, 110, 30), (200, 200, 205), (90, 90, 95)][rng.integers(8)]) * np.linspace(rng.uniform(.85, 1.1), rng.uniform(.8, 1.05), h, dtype=np.float32)[:, None, None]
    elif u < .72:  # glass
        ground = np.zeros((h, w, 3), np.float32) + rng.uniform(8, 90) + np.float32(rng.normal(0, 4, 3))
        if (photo := hiding.photograph(w, h, rng)) is not None:
            ground = ground + photo * rng.uniform(.05, .5)
        x = np.linspace(-1, 1, w)[None, :] * rng.normal(0, 2) + np.linspace(-1, 1, h)[:, None] * rng.normal(0, 1) + rng.normal(0, .6)
        ground = ground + (np.clip(1 - np.abs(x) * rng.uniform(1, 4), 0, 1) * rng.uniform(0, 90))[..., None]
    elif u < .88:  # a board far larger than its letters
        ground = _body(w, h, (along, across, w - along, h - across), line, rng)
        m = rng.uniform(.62, 2.2, 4) * line
        a, b = (int(along - m[0]), int(across - m[1])), (int(w - along + m[2]), int(h - across + m[3]))
        board = np.clip(hiding.colour(rng), 0, 255).tolist()
        cv2.rectangle(ground, a, b, board, -1)
        if rng.random() < .4:
            cv2.rectangle(ground, a, b, hiding.colour(rng).tolist(), max(1, int(line * rng.uniform(.02, .12))), cv2.LINE_AA)
    else:  # a display
        ground = _body(w, h, (along, across, w - along, h - across), line, rng)
        m = rng.uniform(.1, 1.5, 4) * line
        cv2.rectangle(ground, (int(along - m[0]), int(across - m[1])), (int(w - along + m[2]), int(h - across + m[3])), [float(rng.uniform(5, 35))] * 3, -1)
        dots = True
    ground = np.ascontiguousarray(np.clip(ground, 0, 255).astype(np.float32))
    if u < .72:  # trims, windows and other lettering, not near enough to be a plate's rim
        for _ in range(int(rng.integers(0, 4))):
            y = across - line * rng.uniform(.5, 2.2) if rng.random() < .5 else across + line * rng.uniform(1.5, 3.2)
            cv2.line(ground, (0, int(y)), (w, int(y)), hiding.colour(rng).tolist(), max(1, int(line * rng.uniform(.02, .3))), cv2.LINE_AA)
        if rng.random() < .3:
            y = int(across - line * rng.uniform(.45, 1.5))
            ground[:max(0, y)] = np.float32(rng.uniform(15, 70))
        if rng.random() < .3:
            above, size = rng.random() < .5, line * rng.uniform(.3, 1.2)
            other = cv2.resize(_mask(_text(rng), rng), None, fx=size / line, fy=size / line, interpolation=cv2.INTER_AREA)[:, :w]
            y = int(across - line * rng.uniform(.35, .9) - other.shape[0] if above else across + line * rng.uniform(1.35, 1.9))
            y0, y1 = max(0, y), min(h, y + other.shape[0])
            x = int(rng.uniform(0, w - other.shape[1] + 1))
            if y1 > y0:
                k = other[y0 - y:y1 - y, :, None].astype(np.float32) / 255
                ground[y0:y1, x:x + other.shape[1]] = ground[y0:y1, x:x + other.shape[1]] * (1 - k) + np.float32(rng.integers(0, 255, 3)) * k
    below = ground[across:across + line, along:along + tw].mean((0, 1))
    ink = np.float32([(30, 160, 250), (60, 210, 250), (80, 240, 120), (240, 240, 240)][rng.integers(4)]) if dots else None
    while ink is None or np.abs(ink - below).max() < 50:
        v = rng.random()
        ink = np.float32((235, 238, 238) if v < .4 else (20, 20, 20) if v < .65 else (60, 190, 230) if v < .78 else rng.integers(0, 255, 3))
        below = below if v < .99 else below * .5
    alpha = mask.astype(np.float32)[..., None] / 255
    if dots:
        step = max(3, line // int(rng.integers(7, 17)))
        grid = np.zeros((line, tw), np.float32)
        grid[step // 2::step, :] = 1
        lit = np.zeros((line, tw), np.float32)
        lit[:, step // 2::step] = 1
        alpha = alpha * cv2.dilate(grid * lit, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(1, step - 1),) * 2))[..., None]
    if rng.random() < .15:
        shift = max(1, line // 24)
        shadow = np.zeros((h, w, 1), np.float32)
        shadow[across + shift:across + shift + line, along + shift:along + shift + tw] = alpha
        ground = ground * (1 - shadow) + np.float32(rng.integers(0, 255, 3)) * shadow
    region = ground[across:across + line, along:along + tw]
    region[:] = region * (1 - alpha) + ink * alpha
    ends, answers = [along, along + tw], [UNKNOWN, UNKNOWN]
    for end in (0, 1):
        cut = rng.normal(0, .11)
        if tw > 4 * line and rng.random() < .15:
            cut, answers[end] = rng.uniform(.5, 1.5), NO
        ends[end] += (1 - 2 * end) * cut * line
    return ground, (ends[0], across, ends[1], across + line), line, None, [*answers, UNKNOWN, NO]


def patches(rng, views=2):
    """What the network looks at, from cameras near or far and cut out with a detector's errors, and the answers: 1 yes, 0 no, -1 not asked."""
    kind = KINDS[rng.choice(len(KINDS), p=SHARES)]
    img, box, line, edge, answers = _lettering(rng) if kind == "lettering" else _plate(kind, rng)
    for _ in range(views):
        yield _seen(np.clip(img, 0, 255).astype(np.uint8), box, line, edge, rng), answers


def _seen(img, box, line, edge, rng):
    x0, y0, x1, y1 = box
    pixels = float(np.exp(rng.uniform(math.log(10), math.log(70))))  # the characters' height in the camera's picture
    scale = pixels / line
    turn = np.radians(rng.normal(0, 4))
    c, s, shear = scale * math.cos(turn), scale * math.sin(turn), rng.normal(0, .06)
    m = np.float32([[c, -s + shear * scale, 0], [s, c, 0]])
    h, w = img.shape[:2]
    around = cv2.transform(np.float32([[[0, 0], [w, 0], [w, h], [0, h]]]), m)[0]
    m[:, 2] = -around.min(0)
    size = np.maximum(np.ceil(np.ptp(around, axis=0)), 8).astype(int)
    small = cv2.warpAffine(cv2.GaussianBlur(img, (0, 0), .35 / scale) if scale < .8 else img, m, (int(size[0]), int(size[1])), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # Half of them as clear as what is read with certainty: of a blurred one the reader is in doubt by itself.
    small = plates.degrade(small, rng, min(1, pixels / 24)) if rng.random() < .5 else _clear(small, rng)
    corners = np.float32([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    spread = rng.uniform(.01, .08) * line * (1 if rng.random() < .85 else 1.6)
    corners = corners + np.float32(rng.normal(0, spread, (4, 2)) * [1, .8] + rng.normal(0, spread * .6, 2))
    quad = cv2.transform(corners[None].astype(np.float32), m)[0]
    if edge is not None:  # the picture ends here
        x = cv2.transform(np.float32([[[edge[1], (y0 + y1) / 2]]]), m)[0, 0, 0]
        at = int(np.clip(round(x), 1, small.shape[1] - 2))
        small = small[:, at:] if edge[0] == 0 else small[:, :at]
        quad = quad - np.float32([at if edge[0] == 0 else 0, 0])
    return cut(small, quad)


def _clear(img, rng):
    """A good camera by day."""
    f = cv2.GaussianBlur(img, (0, 0), rng.uniform(.2, .8)).astype(np.float32)
    f = (f - 128) * rng.uniform(.7, 1.15) + 128 + rng.normal(0, 14) + plates.grain(f.shape, rng) * np.float32(rng.uniform(.5, 4))
    f = np.clip(f, 0, 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", f, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 96))])[1], cv2.IMREAD_COLOR) if rng.random() < .6 else f


def cut(img, quad):
    """The product's cut of a quad (4 × 2, clockwise from top left): a patch of HEIGHT × WIDTH."""
    across = (np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    down = max((np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2, 1)
    line = down / LINES_OF_TWO if across / down < TWO_LINE_ASPECT else down
    unit = lambda v: v / max(np.linalg.norm(v), 1e-6)
    right, below = unit(quad[1] + quad[2] - quad[0] - quad[3]) * MARGIN_ALONG * line, unit(quad[2] + quad[3] - quad[0] - quad[1]) * MARGIN_ACROSS * line
    grown = np.float32([quad[0] - right - below, quad[1] + right - below, quad[2] + right + below, quad[3] - right + below])
    m = cv2.getPerspectiveTransform(grown, np.float32([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]]))
    return cv2.warpPerspective(img, m, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def samples(seed):
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    while True:
        yield from patches(rng)


def batches(seed, size, fresh, kept=24000):
    """Batches of patches (uint8) and answers. Drawing is dear: a patch is kept and looked at again, so many fresh ones come with each batch."""
    source, pool, drawn = samples(seed), [], 0
    rng = np.random.default_rng([seed, 1])
    while True:
        chosen = [next(source) for _ in range(size if len(pool) < size else min(fresh, size))]
        for item in chosen:
            pool[drawn % kept:drawn % kept + 1] = [item]
            drawn += 1
        chosen += [pool[i] for i in rng.integers(0, len(pool), size - len(chosen))]
        x, y = np.stack([p for p, _ in chosen]), np.array([a for _, a in chosen])
        if fresh < size:  # seen again it looks a little different
            x = np.clip(x * rng.uniform(.85, 1.15, (size, 1, 1, 1)) + rng.normal(0, 10, (size, 1, 1, 3)), 0, 255).astype(np.uint8)
        yield torch.from_numpy(x), torch.from_numpy(y)


def judged(model, seed, count):
    """Probabilities and answers of patches never trained on."""
    model.eval()
    said, truth = [], []
    with torch.no_grad():
        for x, y in batches(seed, 64, 64):
            said.append(model(x))
            truth.append(y)
            if len(said) * 64 >= count:
                return torch.cat(said), torch.cat(truth)


def measure(model, seed, count):
    """How many of the patches that are not whole pass, at thresholds that stop one, two and five of two hundred whole plates; and each answer's rate of error."""
    p, truth = judged(model, seed, count)
    least = p.min(1).values
    whole, not_whole = (truth == YES).all(1), (truth == NO).any(1)
    out = {"patches": len(truth), "whole": int(whole.sum())}
    for stopped in (.005, .01, .025):
        threshold = torch.quantile(least[whole], stopped).item()
        out[f"passed at {stopped:.1%}"] = (round(threshold, 3), round((least[not_whole] >= threshold).float().mean().item(), 4))
    for k, name in enumerate(ANSWERS):
        asked = truth[:, k] >= 0
        out[name] = round(((p[asked, k] >= .5) != (truth[asked, k] == YES)).float().mean().item(), 4)
    return out


def train(args):
    model = Whole().to(memory_format=torch.channels_last)

    def losses_of(model, batch):
        x, y = batch
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, asked = model(x).float(), y >= 0
        loss = F.binary_cross_entropy_with_logits(logits[asked], y[asked].float())
        return loss, {"loss": loss.item()}

    step = loop.run(args, model, [(list(model.parameters()), 1.0)], lambda step: batches(args.seed + 1 + step, args.batch, args.fresh), losses_of)
    torch.save(model.state_dict(), args.out)
    print("steps", step, measure(model, args.seed + 2000, args.validate), flush=True)


def load(path):
    model = Whole()
    model.load_state_dict(torch.load(path, map_location="cpu"))
    return model.eval()


def export(args):
    halves.export(load(args.weights), torch.zeros(1, HEIGHT, WIDTH, 3, dtype=torch.uint8), args.out, input_names=["plate"], output_names=["answers"])


if __name__ == "__main__":
    loop.main(__doc__, {"minutes": 30, "batch": 96, "rate": 2e-3, "validate": 2048, "out": "whole.pt", "more": [("--fresh", 24, "patches drawn for a batch; the rest were seen before")]},
              train, lambda a: print(a.weights, measure(load(a.weights), a.seed, a.count)), export)
