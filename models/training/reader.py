"""The reader: a line of characters (48 × 208 BGR) → the probabilities of 26 steps (reader_net.py), tuned to plates.

    python3 reader.py train --minutes 60 --out reader.pt && python3 reader.py export reader.pt reader.onnx
"""
import math

import cv2
import numpy as np
import torch
from torch.nn import functional as F

import halves
import layout
import loop
import plates
from glyphs import ALPHABET
from reader_net import HEIGHT, STEPS, WIDTH, Reader

MARGIN_ALONG, MARGIN_ACROSS = 0.25, 0.13


def seen(img, boxes, rng, along=MARGIN_ALONG, across=MARGIN_ACROSS, cut=None):
    """The characters and a margin (shares of a line's height) as a far or near camera sees them, and the corners that a detector would give: wrong by a few per cent.

    cut: the end, 0 or 1, at which they go through the character.
    """
    x0, y0 = min(b[0] for b in boxes), min(b[1] for b in boxes)
    x1, y1 = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    line = boxes[0][3]
    corners = np.float32([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    # The margin that LinePatch leaves, and a detector's errors: along the line they grow with its length, so they are larger than across it.
    spread = rng.uniform(.01, .08) * line * (1 if rng.random() < .85 else 1.8)
    corners += np.float32([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.float32([along, across]) * line * (rng.uniform(.6, 1.4) if along < .5 else rng.uniform(.9, 1.1))
    corners += rng.normal(0, spread, (4, 2)) * np.float32([1, .8]) + rng.normal(0, spread * .6, 2)
    ends = rng.normal(0, .11, 2) * line
    corners[[0, 3], 0] += ends[0]
    corners[[1, 2], 0] += ends[1]
    if cut is not None:
        corners[[0, 3] if cut == 0 else [1, 2], 0] = (x0, x1)[cut] + (1 - 2 * cut) * rng.uniform(-.1, .25) * line + rng.normal(0, spread * .4, 2)
    width = max(x1 - x0, 1)
    pixels = float(np.exp(rng.uniform(math.log(46), math.log(280))))  # the characters' width in the camera's picture
    scale = pixels / width
    low, high = corners.min(0) - line * .4, corners.max(0) + line * .4
    size = np.maximum(np.ceil((high - low) * scale), 4).astype(int)
    small = cv2.warpAffine(cv2.GaussianBlur(img, (0, 0), .35 / scale) if scale < .8 else img, np.float32([[scale, 0, -low[0] * scale], [0, scale, -low[1] * scale]]), (int(size[0]), int(size[1])), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=[int(v) for v in rng.integers(0, 220, 3)])
    return plates.degrade(small, rng, min(1, pixels / 110)), ((corners - low) * scale).astype(np.float32)


def patch(img, boxes, rng, text):
    """What the reader looks at: a line, or two side by side. Some are cut off within a character, so that it learns to be unsure of what it sees half of."""
    end = int(rng.integers(2)) if rng.random() < .12 and len(boxes) == 1 else None
    small, quad = seen(img, boxes, rng, cut=None if end is not None and text[-end] in "I1" else end)
    if len(boxes) == 1:
        return warp(small, quad, WIDTH)
    y0, y1 = min(b[1] for b in boxes), max(b[1] + b[3] for b in boxes)
    cut = (boxes[0][1] + boxes[0][3] + boxes[1][1]) / 2
    share = float(np.clip((cut - y0) / (y1 - y0) + rng.normal(0, .02), .3, .7))
    left, right = quad[0] + (quad[3] - quad[0]) * share, quad[1] + (quad[2] - quad[1]) * share
    return np.hstack([warp(small, np.float32([quad[0], quad[1], right, left]), WIDTH // 2), warp(small, np.float32([left, right, quad[2], quad[3]]), WIDTH // 2)])


def warp(img, quad, width):
    m = cv2.getPerspectiveTransform(quad, np.float32([[0, 0], [width, 0], [width, HEIGHT], [0, HEIGHT]]))
    return cv2.warpPerspective(img, m, (width, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def samples(seed, views=3):
    """Endless (patch, text) from a seed; each flat plate gives several patches."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    while True:
        img, text, _, boxes = plates.draw(rng)
        if 3 < len(text) <= 10:
            for _ in range(views):
                yield patch(img, boxes, rng, text), text


def batches(seed, size, views=3):
    """Batches whose plates are mixed: patches (uint8), targets joined, their lengths, texts."""
    source, pool = samples(seed, views), []
    rng = np.random.default_rng([seed, 1])
    while True:
        pool += [next(source) for _ in range(3 * size if not pool else size)]
        order = rng.permutation(len(pool))
        chosen, pool = [pool[i] for i in order[:size]], [pool[i] for i in order[size:]]
        x = torch.from_numpy(np.stack([p for p, _ in chosen]))
        y = torch.tensor([1 + ALPHABET.index(c) for _, t in chosen for c in t])
        yield x, y, torch.tensor([len(t) for _, t in chosen]), [t for _, t in chosen]


def loss_of(logits, targets, lengths):
    steps = F.log_softmax(logits, -1).transpose(0, 1)
    return F.ctc_loss(steps, targets, torch.full((logits.shape[0],), STEPS, dtype=torch.long), lengths, blank=0, reduction="sum", zero_infinity=True) / logits.shape[0]


def text_of(probabilities):
    """Greedy reading of one patch, and the product of its steps' probabilities."""
    best, sure = probabilities.argmax(-1).tolist(), probabilities.max(-1).values
    out = "".join(ALPHABET[c - 1] for k, c in enumerate(best) if c and (k == 0 or best[k - 1] != c))
    return out, float(sure.prod())


def fold(text):
    return text.replace("O", "0").replace("I", "1")


def measure(model, seed, count):
    """Whole plates right (O=0, I=1) without any grammar, and what a confidence of 0.9 is worth, on plates never trained on."""
    model.eval()
    right = sure = wrong = total = 0
    with torch.no_grad():
        for x, _, _, texts in batches(seed, 64, 1):
            for p, t in zip(model(x), texts):
                read, confidence = text_of(p)
                ok = fold(read) == fold(t)
                right, total = right + ok, total + 1
                sure, wrong = sure + (confidence >= .9), wrong + (confidence >= .9 and not ok)
            if total >= count:
                break
    return {"plates": total, "whole": round(right / total, 4), "confident": round(sure / total, 4), "confident_wrong": round(wrong / total, 4)}


def calibrate(model, seed, count):
    """The temperature at which held-out plates are least surprising."""
    model.eval()
    model.temperature.fill_(1)
    logits, targets, lengths = [], [], []
    with torch.no_grad():
        for x, y, n, _ in batches(seed, 64, 1):
            logits.append(model(x).clamp_min(1e-9).log())
            targets.append(y)
            lengths.append(n)
            if len(logits) * 64 >= count:
                break
    logits, targets, lengths = torch.cat(logits), torch.cat(targets), torch.cat(lengths)
    model.temperature.fill_(min((loss_of(logits / t, targets, lengths).item(), t) for t in np.linspace(.5, 2.5, 41))[1])


def train(args):
    model = Reader(args.frozen)

    def losses_of(model, batch):
        x, y, n, _ = batch
        loss = loss_of(model(x), y, n)
        return loss, {"loss": loss.item()}

    step = loop.run(args, model, [([p for p in model.parameters() if p.requires_grad], 1.0)], lambda step: batches(args.seed + 1 + step, args.batch), losses_of, least=.05)
    calibrate(model, args.seed + 1000, args.validate)
    torch.save(model.state_dict(), args.out)
    print("steps", step, "temperature", round(model.temperature.item(), 3), measure(model, args.seed + 2000, args.validate), flush=True)


def load(path):
    model = Reader()
    if path != "published":
        model.load_state_dict(torch.load(path, map_location="cpu"))
    return model.eval()


def export(args):
    halves.export(load(args.weights), torch.zeros(2, HEIGHT, WIDTH, 3, dtype=torch.uint8), args.out, input_names=["patch"], output_names=["steps"],
                  dynamic_axes={"patch": {0: "n"}, "steps": {0: "n"}})
    layout.blocked(args.out)


if __name__ == "__main__":
    loop.main(__doc__, {"minutes": 60, "batch": 48, "rate": 1.5e-4, "validate": 1024, "out": "reader.pt", "more": [("--frozen", 22, "layers of the backbone that stay as published")]},
              train, lambda a: print(a.weights, measure(load(a.weights), a.seed, a.count)), export)
