"""Writes the rendered plates by which the core judges readers: a zip of pictures as edges cut them, with a seed that no training uses.

    python3 judging.py ../city-1/rendered-plates.zip
"""
import sys
import zipfile

import cv2
import numpy as np

import plates
from finetune import MARGIN

SEED, EACH = 90_001, 110
CONDITIONS = {"near": (180, 280), "middle": (95, 180), "far": (50, 95)}  # width of the characters in the camera's picture


def picture(img, boxes, width, rng):
    """A plate seen straight on, as far as the width says, with a margin of MARGIN heights around its characters."""
    x0, y0 = min(b[0] for b in boxes), min(b[1] for b in boxes)
    x1, y1 = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    scale, line = width / (x1 - x0), boxes[0][3]
    corners = np.float32([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) + rng.normal(0, .03, (4, 2)).astype(np.float32) * line
    edge = MARGIN * (y1 - y0) * scale
    w, h = (x1 - x0) * scale, (y1 - y0) * scale
    to = np.float32([[edge, edge], [edge + w, edge], [edge + w, edge + h], [edge, edge + h]])
    smooth = cv2.GaussianBlur(img, (0, 0), .35 / scale) if scale < .8 else img
    small = cv2.warpPerspective(smooth, cv2.getPerspectiveTransform(corners, to), (round(w + 2 * edge), round(h + 2 * edge)), borderMode=cv2.BORDER_REPLICATE)
    return plates.degrade(small, rng, min(1, width / 110))


def main(out):
    rng = np.random.default_rng(SEED)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for condition, (low, high) in CONDITIONS.items():
            for k in range(EACH):
                text = ""
                while not 3 < len(text) <= 10:
                    img, text, country, boxes = plates.draw(rng)
                ok, jpeg = cv2.imencode(".jpg", picture(img, boxes, rng.uniform(low, high), rng), [cv2.IMWRITE_JPEG_QUALITY, 82])
                file.writestr(zipfile.ZipInfo(f"{k:03}-{condition}-{plates.COUNTRIES[country]}-{text}.jpg"), jpeg.tobytes())


if __name__ == "__main__":
    main(sys.argv[1])
