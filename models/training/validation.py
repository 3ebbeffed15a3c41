"""Writes pictures with one plate each, and some with lettering but no plate, and their truth.tsv, a folder for each condition, for choosing between models and thresholds without a photograph.

    python3 validation.py FOLDER --pictures 60 && ../../smartcity bench recognition FOLDER/*
"""
import argparse
import os

import cv2
import numpy as np

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


# Condition: widths of the plate in pixels (None: no plate), what the camera does.
CONDITIONS = {"near": ((330, 560), day), "day": ((90, 300), day), "far": ((45, 90), day), "night": ((80, 260), night), "rain": ((80, 260), rain), "blur": ((80, 260), blur), "compressed": ((80, 260), compressed), "empty": (None, day)}


def write(folder, condition, pictures, seed):
    widths, camera = CONDITIONS[condition]
    os.makedirs(os.path.join(folder, condition), exist_ok=True)
    rng = np.random.default_rng([seed, list(CONDITIONS).index(condition)])
    rows = ["file\tx\ty\twidth\theight\tplate\tcountry"]
    while len(rows) <= pictures:
        name = f"{len(rows):03d}.png"
        if widths is None:  # made-up lettering is left out: it may look like a plate in every way
            img, _, _ = scenes.compose(rng, (1,), lettering=0)
            scenes.words(img, rng, 12, made_up=0, among=WORDS)
            cv2.imwrite(os.path.join(folder, condition, name), camera(img, rng))
            rows.append(f"{name}\t\t\t\t\t\tother")
            continue
        img, quads, texts = scenes.compose(rng, (0, 1), widths)
        if len(quads) != 1 or (quads < 4).any() or (quads > (scenes.WIDTH - 4, scenes.HEIGHT - 4)).any():
            continue
        x, y, w, h = cv2.boundingRect(quads[0])
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
