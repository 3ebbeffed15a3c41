"""Street scenes with plates: vehicles composed from shapes, or free photographs as background, seen by a traffic camera."""
import functools
import glob
import os

import cv2
import numpy as np

import plates

WIDTH, HEIGHT = 640, 480


@functools.lru_cache(maxsize=1)
def photographs():
    """Free-licensed pictures in $BACKGROUNDS; none is needed."""
    root = os.environ.get("BACKGROUNDS", "")
    return [p for p in (cv2.imread(f) for f in sorted(glob.glob(root + "/*.jpg"))) if p is not None] if root else []


def _background(rng):
    images = photographs()
    if images and rng.random() < .6:
        img = images[rng.integers(len(images))]
        h, w = img.shape[:2]
        s = rng.uniform(.25, 1)
        cw, ch = int(w * s), int(h * s)
        x, y = rng.integers(0, w - cw + 1), rng.integers(0, h - ch + 1)
        out = cv2.resize(img[y:y + ch, x:x + cw], (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        return out[:, ::-1].copy() if rng.random() < .5 else out
    rough = rng.integers(0, 255, (rng.integers(2, 12), rng.integers(2, 14), 3)).astype(np.uint8)
    out = cv2.resize(rough, (WIDTH, HEIGHT), interpolation=[cv2.INTER_CUBIC, cv2.INTER_NEAREST, cv2.INTER_LINEAR][rng.integers(3)])
    grey = rng.uniform(.2, 1)
    out = (out * (1 - grey) + out.mean(axis=2, keepdims=True) * grey).astype(np.uint8)
    horizon = int(HEIGHT * rng.uniform(.2, .6))
    road = rng.uniform(50, 130)
    out[horizon:] = np.clip(out[horizon:] * .25 + road + rng.normal(0, 9, (HEIGHT - horizon, WIDTH, 1)), 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 25))):  # windows, poles, edges
        x, y = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT))
        w, h = int(rng.integers(4, 160)), int(rng.integers(4, 120))
        cv2.rectangle(out, (x, y), (x + w, y + h), rng.integers(0, 255, 3).tolist(), -1 if rng.random() < .6 else int(rng.integers(1, 5)))
    return out


def _words(img, rng):
    """Text that is no plate: signs, phone numbers, stickers, lettering."""
    words = ["TAXI", "0800 123", "POLICE", "EXIT", "ford", "BMW", "Turbo", "MARKET 24", "A406", "M25", "for sale", "STOP", "30", "www.van.co", "020 7946", "HOTEL", "DIESEL", "BUS STOP", "City", "P", "GTI", "4x4", "VOLVO", "School", "25.12.", "12:45", "Coca", "Open"]
    for _ in range(int(rng.integers(0, 5))):
        x, y = int(rng.integers(-20, WIDTH - 30)), int(rng.integers(10, HEIGHT))
        text = words[rng.integers(len(words))]
        scale, thick = rng.uniform(.3, 2), int(rng.integers(1, 5))
        font = int(rng.integers(0, 8))
        (tw, th), _ = cv2.getTextSize(text, font, scale, thick)
        if rng.random() < .6:
            colour = rng.integers(0, 255, 3).tolist()
            pad = int(rng.integers(2, 16))
            if rng.random() < .3:
                cv2.circle(img, (x + tw // 2, y - th // 2), max(tw, th) // 2 + pad, colour, -1, cv2.LINE_AA)
            else:
                cv2.rectangle(img, (x - pad, y - th - pad), (x + tw + pad, y + pad), colour, -1)
        cv2.putText(img, text, (x, y), font, scale, rng.integers(0, 255, 3).tolist(), thick, cv2.LINE_AA)


def _vehicle(img, cx, cy, pw, ph, rng):
    """The end of a vehicle around a plate that is centred at cx, cy and pw × ph pixels large."""
    w = pw * rng.uniform(2.6, 4.6)
    h = w * rng.uniform(.55, 1)
    x0, x1 = cx - w / 2 + rng.normal(0, pw * .25), cx + w / 2 + rng.normal(0, pw * .25)
    bottom = cy + h * rng.uniform(.1, .38)
    top = bottom - h
    paint = np.array([[30, 30, 30], [200, 200, 200], [235, 235, 235], [40, 40, 150], [130, 60, 20], [110, 110, 110], [50, 90, 40], [150, 160, 170]][rng.integers(8)], float) + rng.normal(0, 12, 3)
    mid = top + h * rng.uniform(.35, .5)
    hull = np.array([(x0 + w * .14, top), (x1 - w * .14, top), (x1, mid), (x1, bottom), (x0, bottom), (x0, mid)], np.int32)
    cv2.fillPoly(img, [hull], paint.tolist(), cv2.LINE_AA)
    glass = np.array([(x0 + w * .18, top + h * .05), (x1 - w * .18, top + h * .05), (x1 - w * .07, mid - h * .05), (x0 + w * .07, mid - h * .05)], np.int32)
    cv2.fillPoly(img, [glass], np.clip(rng.normal(60, 30, 3), 0, 255).tolist(), cv2.LINE_AA)
    lamp = [(40, 30, 190), (230, 240, 245), (60, 140, 235)][rng.integers(3)]
    ly, lh, lw = mid + h * rng.uniform(.02, .15), h * rng.uniform(.05, .16), w * rng.uniform(.1, .2)
    for x in (x0 + w * .03, x1 - w * .03 - lw):
        if rng.random() < .5:
            cv2.rectangle(img, (int(x), int(ly)), (int(x + lw), int(ly + lh)), lamp, -1)
        else:
            cv2.ellipse(img, (int(x + lw / 2), int(ly + lh / 2)), (int(lw / 2), int(lh / 2)), 0, 0, 360, lamp, -1, cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 7))):  # grille, seams, bumper
        y = int(rng.uniform(mid, bottom))
        cv2.line(img, (int(x0 + w * rng.uniform(0, .3)), y), (int(x1 - w * rng.uniform(0, .3)), y), np.clip(paint * rng.uniform(.2, 1.2), 0, 255).tolist(), int(rng.integers(1, max(2, int(h * .05)))), cv2.LINE_AA)
    cv2.rectangle(img, (int(x0 + w * .05), int(bottom)), (int(x1 - w * .05), int(bottom + h * .07)), (25, 25, 25), -1)
    if rng.random() < .5:  # recess
        g = rng.uniform(1.05, 1.6)
        cv2.rectangle(img, (int(cx - pw * g / 2), int(cy - ph * g / 1.7)), (int(cx + pw * g / 2), int(cy + ph * g / 1.7)), np.clip(paint * rng.uniform(.2, .9), 0, 255).tolist(), -1)


def draw(rng):
    """A 640 × 480 BGR picture and its plates' corners (n × 4 × 2, clockwise from top left)."""
    img = _background(rng)
    if rng.random() < .7:
        _words(img, rng)
    quads = []
    count = int(rng.choice([0, 1, 2, 3], p=[.08, .62, .22, .08]))
    for _ in range(count):
        flat, text, _, _ = plates.draw(rng)
        h, w = flat.shape[:2]
        pw = float(np.exp(rng.uniform(np.log(22), np.log(330))))
        ph = pw * h / w
        if ph > HEIGHT * .4:
            continue
        cx, cy = rng.uniform(pw * .45, WIDTH - pw * .45), rng.uniform(ph, HEIGHT - ph)
        if any(abs(cx - q[:, 0].mean()) < (pw + np.ptp(q[:, 0])) * .8 and abs(cy - q[:, 1].mean()) < (ph + np.ptp(q[:, 1])) * 1.2 for q in quads):
            continue
        if rng.random() < .8:
            _vehicle(img, cx, cy, pw, ph, rng)
            if rng.random() < .4:
                _words_near(img, cx, cy, pw, ph, rng)
        a = np.radians(rng.normal(0, 6))
        sx = rng.uniform(.65, 1) if rng.random() < .4 else 1
        base = np.float32([[-pw / 2 * sx, -ph / 2], [pw / 2 * sx, -ph / 2], [pw / 2 * sx, ph / 2], [-pw / 2 * sx, ph / 2]])
        shear = rng.normal(0, .09)
        k = rng.normal(0, .06)
        quad = np.float32([(x * np.cos(a) - y * np.sin(a), x * (np.sin(a) + shear) + y * np.cos(a) * (1 + k * np.sign(x))) for x, y in base]) + np.float32([cx, cy])
        if w > pw:
            flat = cv2.GaussianBlur(flat, (0, 0), max(.3, .33 * w / pw))
        _paste(img, flat, quad, rng.uniform(.45, 1.1))
        quads.append(quad)
    img = plates.degrade(img, rng, .8)
    if rng.random() < .15:  # rain
        for _ in range(int(rng.integers(30, 160))):
            x, y, n = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT)), int(rng.integers(5, 24))
            cv2.line(img, (x, y), (x + n // 4, y + n), (190, 190, 190), 1, cv2.LINE_AA)
    return img, np.float32(quads).reshape(-1, 4, 2)


def _paste(img, flat, quad, light):
    h, w = flat.shape[:2]
    x0, y0 = np.maximum(np.floor(quad.min(0)).astype(int) - 1, 0)
    x1, y1 = np.minimum(np.ceil(quad.max(0)).astype(int) + 2, (WIDTH, HEIGHT))
    if x1 <= x0 or y1 <= y0:
        return
    m = cv2.getPerspectiveTransform(np.float32([[0, 0], [w, 0], [w, h], [0, h]]), quad - np.float32([x0, y0]))
    warped = cv2.warpPerspective(cv2.convertScaleAbs(flat, alpha=light), m, (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.full((h, w), 255, np.uint8), m, (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR)[..., None].astype(np.float32) / 255
    region = img[y0:y1, x0:x1]
    region[:] = region * (1 - mask) + warped * mask


def _words_near(img, cx, cy, pw, ph, rng):
    """A make's badge or a dealer's name beside the plate."""
    text = ["SKODA", "Ford", "AUDI", "1.9 TDI", "Golf", "GARAGE 4", "Civic", "HYBRID", "xDrive"][rng.integers(9)]
    scale = ph / 60 * rng.uniform(.4, .9)
    cv2.putText(img, text, (int(cx + rng.uniform(-1.3, .8) * pw), int(cy - ph * rng.uniform(.8, 1.6))), int(rng.integers(0, 4)), scale, rng.integers(0, 255, 3).tolist(), max(1, int(scale * 2)), cv2.LINE_AA)
