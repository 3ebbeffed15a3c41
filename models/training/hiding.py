"""What hides a plate or a part of it: boxes, bumpers, posts, other vehicles, hands, leaves, tow balls, mud and snow. Masks are 0-1 floats of the picture's size."""
import math

import cv2
import numpy as np

import scenes


def colour(rng, spread=22):
    return np.clip(np.array(scenes.PAINTS[rng.integers(len(scenes.PAINTS))] if rng.random() < .7 else rng.integers(0, 245, 3), float) + rng.normal(0, spread, 3), 0, 255)


def photograph(w, h, rng):
    photographs = scenes.photographs()
    if not photographs:
        return None
    photo = cv2.imdecode(photographs[rng.integers(len(photographs))], cv2.IMREAD_REDUCED_COLOR_4)
    x, y = rng.integers(0, photo.shape[1] // 2), rng.integers(0, photo.shape[0] // 2)
    return cv2.resize(photo[y:y + photo.shape[0] // 2, x:x + photo.shape[1] // 2], (w, h), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def surface(w, h, rng, photographed=.3):
    """Paint, lighter above, or anything photographed."""
    if rng.random() < photographed and (photo := photograph(w, h, rng)) is not None:
        return photo
    ramp = np.linspace(rng.uniform(.75, 1.3), rng.uniform(.7, 1.15), h, dtype=np.float32)[:, None, None] * np.linspace(rng.uniform(.9, 1.1), rng.uniform(.9, 1.1), w, dtype=np.float32)[None, :, None]
    out = np.float32(colour(rng)) * ramp
    if rng.random() < .3:
        rough = rng.normal(0, rng.uniform(3, 25), (rng.integers(2, 9), rng.integers(2, 14), 3)).astype(np.float32)
        out = out + cv2.resize(rough, (w, h), interpolation=cv2.INTER_CUBIC)
    return np.clip(out, 0, 255)


def _polygon(mask, points):
    cv2.fillPoly(mask, [np.round(np.array(points) * 16).astype(np.int32)], 1.0, cv2.LINE_AA, shift=4)


def beyond(mask, edge, end, box, line, rng):
    """Everything beyond an edge, or a piece of it wide enough to hide the plate's end: a box, a bumper, a vehicle in front, a hand, leaves, snow."""
    h, w = mask.shape
    x0, y0, x1, y1 = box
    out, far = (-1, x0) if end == 0 else (1, x1)
    u = rng.random()
    if u < .5:  # a straight edge
        slant = rng.normal(0, .06) if rng.random() < .7 else rng.normal(0, .5)
        reach = far + out * line * rng.uniform(.02, 1.5) if rng.random() < .65 else (0 if end == 0 else w)
        up, down = (line * rng.uniform(.0, .6, 2) if rng.random() < .6 else (h, h))
        top, bottom = max(-2, y0 - up), min(h + 2, y1 + down)
        middle = (y0 + y1) / 2
        _polygon(mask, [(edge + slant * (top - middle), top), (edge + slant * (bottom - middle), bottom), (reach + slant * (bottom - middle) * .5, bottom), (reach + slant * (top - middle) * .5, top)])
    elif u < .75:  # a rough edge: leaves, snow, mud, cloth
        n = int(rng.integers(6, 22))
        ys = np.linspace(-2, h + 2, n) if rng.random() < .5 else np.linspace(y0 - line * rng.uniform(.05, .5), y1 + line * rng.uniform(.05, .5), n)
        xs = edge - out * np.abs(rng.normal(0, rng.uniform(.02, .22) * line, n)) * rng.choice([-1, 1])
        _polygon(mask, [*zip(xs, ys), ((0 if end == 0 else w), ys[-1]), ((0 if end == 0 else w), ys[0])])
    else:  # round: a tow ball, a hand, a lamp, a tyre
        r = line * np.exp(rng.uniform(math.log(.6), math.log(5)))
        cy = (y0 + y1) / 2 + rng.normal(0, .15) * line
        axes = (max(1, int(r)), max(1, int(r * rng.uniform(.7, 1.6) + line * .3)))
        cv2.ellipse(mask, (int(edge + out * axes[0]), int(cy)), axes, rng.normal(0, 12), 0, 360, 1.0, -1, cv2.LINE_AA)
        if rng.random() < .6:
            below = h if rng.random() < .7 else 0
            x = edge + out * axes[0]
            _polygon(mask, [(x - axes[0] * .7, cy), (x + axes[0] * .7, cy), (x + axes[0] * .7, below), (x - axes[0] * .7, below)])


def within(mask, box, characters, line, rng):
    """A post before the plate, a leaf or a sticker on it, dirt, or a bumper over its upper or lower part."""
    h, w = mask.shape
    x0, y0, x1, y1 = box
    c = characters[rng.integers(len(characters))]
    u = rng.random()
    if u < .4:  # over so many characters exactly, or anywhere
        wide = c[2] * rng.uniform(.85, 1.25) if rng.random() < .5 else line * rng.uniform(.1, 1.6)
        x = c[0] + c[2] / 2 + (rng.normal(0, .05) * line if rng.random() < .6 else rng.uniform(-.5, .5) * line)
        slant = rng.normal(0, .05) if rng.random() < .7 else rng.normal(0, .5)
        up, down = (line * rng.uniform(-.1, .5, 2) if rng.random() < .5 else (h, h))
        top, bottom, middle = max(-2, y0 - up), min(h + 2, y1 + down), (y0 + y1) / 2
        if rng.random() < .25:  # from above or below only
            top, bottom = (middle, bottom) if rng.random() < .5 else (top, middle)
        _polygon(mask, [(x - wide / 2 + slant * (top - middle), top), (x + wide / 2 + slant * (top - middle), top), (x + wide / 2 + slant * (bottom - middle), bottom), (x - wide / 2 + slant * (bottom - middle), bottom)])
    elif u < .6:  # leaves, fingers, mud
        for _ in range(int(rng.integers(1, 6))):
            cv2.ellipse(mask, (int(c[0] + rng.uniform(-.3, 1.3) * c[2]), int(c[1] + rng.uniform(.1, 1) * c[3])), (max(2, int(line * rng.uniform(.12, .6))), max(2, int(line * rng.uniform(.1, .4)))), rng.uniform(0, 180), 0, 360, 1.0, -1, cv2.LINE_AA)
    elif u < .8:  # the upper or the lower part
        share, slant, rough = rng.uniform(.15, .75), rng.normal(0, .03), abs(rng.normal(0, .08)) if rng.random() < .5 else 0
        first, last = min(k[1] for k in characters), max(k[1] + k[3] for k in characters)
        below = rng.random() < .65
        xs = np.linspace(-2, w + 2, 14) if rng.random() < .7 else np.sort(rng.uniform(x0, x1, 8))
        ys = (last - share * line if below else first + share * line) + slant * (xs - w / 2) + rng.normal(0, rough * line + 1e-6, len(xs))
        _polygon(mask, [*zip(xs, ys), (xs[-1], h + 2 if below else -2), (xs[0], h + 2 if below else -2)])
    else:  # snow or mud thrown at it
        noise = cv2.resize(rng.random((3 + rng.integers(4), 6 + rng.integers(10))).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
        mask[:] = np.maximum(mask, np.clip((noise - rng.uniform(.45, .75)) * 8, 0, 1))


def cover(img, mask, rng):
    """Paints what hides the plate, often with a shadow at its edge."""
    h, w = mask.shape
    u = rng.random()
    if u < .4:
        over = np.zeros_like(img) + np.float32(colour(rng)) if rng.random() < .5 else np.zeros_like(img) + np.float32(rng.uniform(5, 60))
    elif u < .5:  # snow, paper, a plate's own white
        over = np.clip(rng.uniform(175, 245) + rng.normal(0, 8, 3) + cv2.resize(rng.normal(0, 8, (5, 12)).astype(np.float32), (w, h))[..., None], 0, 255)
    elif u < .58:  # mud, skin, leaves
        over = np.zeros_like(img) + np.float32([(60, 80, 95), (130, 160, 205), (90, 120, 175), (50, 110, 70), (40, 80, 60)][rng.integers(5)]) + cv2.resize(rng.normal(0, 14, (9, 20)).astype(np.float32), (w, h))[..., None]
    else:
        over = surface(w, h, rng, .6)
    if rng.random() < .35:
        at = rng.normal(0, .04, 2) * w
        shadow = cv2.GaussianBlur(cv2.warpAffine(mask, np.float32([[1, 0, at[0]], [0, 1, at[1]]]), (w, h)), (0, 0), max(1, w * rng.uniform(.003, .02)))[..., None]
        img = img * (1 - shadow * rng.uniform(.1, .55))
    return img * (1 - mask[..., None]) + over * mask[..., None]


def edge(characters, plate, end, line, rng):
    """Where a hidden end begins, in pixels: between two characters, anywhere, or in the margin beyond the last."""
    ordered = sorted(characters, key=lambda c: c[0] if end == 0 else -c[0] - c[2])
    most = max(1, len(ordered) - 2)
    k = min(int(rng.geometric(.5)), most)  # so many characters hidden
    last, after = ordered[k - 1], ordered[min(k, len(ordered) - 1)]
    far, near = (last[0] + last[2], after[0]) if end == 0 else (last[0], after[0] + after[2])
    u = rng.random()
    if u < .5:
        return far + (near - far) * rng.uniform(-.1, 1.0)
    rim = plate[0] if end == 0 else plate[2]
    first = ordered[0][0] if end == 0 else ordered[0][0] + ordered[0][2]
    if u < .9:
        deepest = ordered[most - 1]
        return rim + ((deepest[0] + deepest[2] if end == 0 else deepest[0]) - rim) * rng.beta(1.1, 1.6)
    return rim + (first - rim) * rng.uniform(.7, 1.15)


def covered(mask, box):
    x, y, w, h = (int(round(v)) for v in box)
    part = mask[max(0, y):max(0, y + h), max(0, x):max(0, x + w)]
    return float(part.mean()) if part.size else 1.0
