"""Writes pictures with one plate each, some of them partly hidden, and some with lettering but no plate, and their truth.tsv, a folder for each condition, for choosing between models and thresholds without a photograph.

    python3 validation.py FOLDER --pictures 60 && ../../smartcity bench recognition FOLDER/*
"""
import argparse
import os

import cv2
import numpy as np

import hiding
import plates
import scenes

# None of the words that scenes.py writes: what was learned of those by heart doesn't count.
WORDS = ["BAKERY", "Flowers & Gifts", "CAR WASH", "MOT CENTRE", "24 HOURS", "NISSAN", "MITSUBISHI", "Peugeot 208", "Hybrid", "AWD", "SCANIA R450", "Removals", "01225 330 118", "REDUCE SPEED NOW", "DIVERSION", "LONDON 12", "A4174",
         "Station Rd", "ZONE 5", "KEEP CLEAR", "MEGANE", "Transit 350", "AMBULANCE", "FREE PARKING", "www.fish-bar.com", "NO ENTRY", "PAY HERE", "Windows & Doors", "SUBARU", "V8", "quattro", "T-ROC", "4MATIC", "HGV 7.5t", "BIO 97", "Tel 555 2368"]


def day(img, rng):
    return cv2.convertScaleAbs(img, alpha=rng.uniform(.8, 1.1), beta=rng.uniform(-10, 15))


def night(img, rng):
    dark = cv2.convertScaleAbs(img, alpha=rng.uniform(.18, .4))
    if rng.random() < .5:
        dark = cv2.cvtColor(cv2.cvtColor(dark, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    noise = cv2.merge([plates.grain(img.shape[:2], rng) * np.float32(rng.uniform(4, 10))] * 3)
    return cv2.add(dark, noise, dtype=cv2.CV_8U)


def rain(img, rng):
    img = cv2.GaussianBlur(cv2.convertScaleAbs(img, alpha=.75, beta=25), (0, 0), rng.uniform(.4, 1))
    for _ in range(int(rng.integers(120, 320))):
        x, y, n = int(rng.integers(scenes.WIDTH)), int(rng.integers(scenes.HEIGHT)), int(rng.integers(6, 28))
        cv2.line(img, (x, y), (x + n // 4, y + n), (190, 190, 190), 1, cv2.LINE_AA)
    return img


def blur(img, rng):
    k = int(rng.integers(3, 8))
    kernel = np.zeros((k, k), np.float32)
    kernel[k // 2] = 1 / k
    kernel = cv2.warpAffine(kernel, cv2.getRotationMatrix2D((k / 2 - .5, k / 2 - .5), rng.uniform(-30, 30), 1), (k, k))
    return cv2.filter2D(img, -1, kernel / max(kernel.sum(), .1))


def compressed(img, rng):
    return cv2.imdecode(cv2.imencode(".jpg", img, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(12, 26))])[1], cv2.IMREAD_COLOR)


def hidden(img, characters, rng):
    """A picture whose plate is hidden in part or cut by the picture's edge, and how much of its left is gone, in pixels; None where every character can still be seen."""
    boxes = [cv2.boundingRect(c) for c in characters]
    line = float(np.median([b[3] for b in boxes]))
    x0, y0, x1, y1 = (int(v) for v in (*characters.min((0, 1)), *characters.max((0, 1))))
    plate = (x0 - rng.uniform(.1, .5) * line, y0 - .2 * line, x1 + rng.uniform(.1, .5) * line, y1 + .2 * line)
    mask = np.zeros(img.shape[:2], np.float32)
    u, end = rng.random(), int(rng.integers(2))
    at = hiding.edge(boxes, plate, end, line, rng)
    if u < .6:
        hiding.beyond(mask, at, end, plate, line, rng)
    elif u < .8:
        hiding.within(mask, plate, boxes, line, rng)
    else:
        mask[:, :max(0, int(at))] = end == 0
        mask[:, max(0, int(at)):] = end == 1
    if max(hiding.covered(mask, b) for b in boxes) < .4:
        return None
    if u < .8:
        return np.clip(hiding.cover(img.astype(np.float32), mask, rng), 0, 255).astype(np.uint8), 0
    return (img[:, int(at):], int(at)) if end == 0 else (img[:, :int(at)], 0)


def lettering(rng):
    """The side or the end of a bus, a lorry or a shop without a plate, with a number on it that a plate might have."""
    img, *_ = scenes.compose(rng, (1,), lettering=.3)
    for _ in range(int(rng.integers(1, 3))):
        w, h = rng.uniform(.3, .8) * scenes.WIDTH, rng.uniform(.35, .9) * scenes.HEIGHT
        x, y = rng.uniform(0, scenes.WIDTH - w), rng.uniform(0, scenes.HEIGHT - h)
        paint = FLEETS[rng.integers(len(FLEETS))] if rng.random() < .7 else rng.integers(0, 255, 3).tolist()
        scenes._shaded(img, np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)]), paint, rng, rng.uniform(0, .2) if rng.random() < .4 else 0)
        glass = y + h * rng.uniform(.1, .55)
        if rng.random() < .7:
            cv2.rectangle(img, (int(x + w * .05), int(y + h * .06)), (int(x + w * .95), int(glass)), [float(rng.uniform(15, 70))] * 3, -1)
        for _ in range(int(rng.integers(1, 3))):
            shape = NUMBERS[rng.integers(len(NUMBERS))]
            size = float(np.exp(rng.uniform(np.log(10), np.log(46))))
            ink = (235, 238, 238) if sum(paint) < 360 and rng.random() < .8 else (25, 25, 25) if rng.random() < .7 else (60, 200, 235)
            scenes._write(img, plates.text_of(shape, rng), x + w * rng.uniform(.05, .45), min(glass + size * rng.uniform(.5, 3), y + h - size * 1.6), size, ink, rng)
    return img


# Colours of buses, lorries and shop fronts, BGR; and numbers that they bear: L a letter, D a digit.
FLEETS = [(25, 25, 170), (30, 110, 30), (150, 70, 20), (235, 235, 235), (30, 180, 240), (40, 40, 40), (60, 90, 160), (120, 40, 90)]
NUMBERS = ["LLL DDD", "LL DDDD", "LLDD LLL", "LDDD LLL", "LLL DDDD", "LDD LLL", "DDDD LL", "LLLDDL", "LL DD LLL", "LLL DD", "DLLL DDD"]

# Condition: widths of the plate in pixels (None: no plate), what the camera does.
CONDITIONS = {"near": ((330, 560), day), "day": ((90, 300), day), "far": ((45, 90), day), "night": ((80, 260), night), "rain": ((80, 260), rain), "blur": ((80, 260), blur), "compressed": ((80, 260), compressed), "empty": (None, day),
              "hidden": ((80, 380), day), "lettering": (None, day)}


def write(folder, condition, pictures, seed):
    widths, camera = CONDITIONS[condition]
    os.makedirs(os.path.join(folder, condition), exist_ok=True)
    rng = np.random.default_rng([seed, list(CONDITIONS).index(condition)])
    rows = ["file\tx\ty\twidth\theight\tplate\tcountry"]
    while len(rows) <= pictures:
        name = f"{len(rows):03d}.png"
        if widths is None:  # made-up lettering is left out: it may look like a plate in every way
            if condition == "lettering":
                img = lettering(rng)
            else:
                img, *_ = scenes.compose(rng, (1,), lettering=0)
                scenes.words(img, rng, 12, made_up=0, among=WORDS)
            cv2.imwrite(os.path.join(folder, condition, name), camera(img, rng))
            rows.append(f"{name}\t\t\t\t\t\tother")
            continue
        # Of a plate that is hidden in part, made-up lettering beside it would be read instead, and rightly.
        img, quads, texts, characters = scenes.compose(rng, (0, 1), widths, made_up=0 if condition == "hidden" else .25)
        if len(quads) != 1 or (quads < 4).any() or (quads > (scenes.WIDTH - 4, scenes.HEIGHT - 4)).any():
            continue
        x, y, w, h = cv2.boundingRect(quads[0])
        if condition == "hidden":
            img, gone = hidden(img, characters[0], rng) or (img[:0], 0)
            x -= gone
            if min(img.shape[:2]) < 64:
                continue
        cv2.imwrite(os.path.join(folder, condition, name), camera(img, rng))
        rows.append(f"{name}\t{x}\t{y}\t{w}\t{h}\t{texts[0][0]}\t{texts[0][1]}")
    with open(os.path.join(folder, condition, "truth.tsv"), "w", encoding="utf-8") as file:
        file.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--pictures", type=int, default=60, help="of each condition")
    parser.add_argument("--seed", type=int, default=77)
    arguments = parser.parse_args()
    for c in CONDITIONS:
        write(arguments.folder, c, arguments.pictures, arguments.seed)
