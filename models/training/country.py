"""The country reader: the whole plate (48 × 192 BGR: characters, band, ground, frame) → how much it looks like each of 26 countries.

    python3 country.py train --minutes 10 --out country.pt && python3 country.py export country.pt country.onnx
"""
import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import halves
import loop
import plates
import scenes
from plates import COUNTRIES
from reader import seen

WIDTH, HEIGHT = 192, 48
MARGIN_ALONG, MARGIN_ACROSS = 1.15, 0.6
SHARES = np.array([{"GB": 2.5, "DE": 2, "US": 2, "other": 1.5}.get(c, 1.0) for c in COUNTRIES])
SHARES = SHARES / SHARES.sum()
SMOOTHING = .05


def block(cin, cout, stride):
    return nn.Sequential(nn.Conv2d(cin, cin, 3, stride, 1, groups=cin, bias=False), nn.BatchNorm2d(cin), nn.Conv2d(cin, cout, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU())


class Country(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), block(32, 64, 2), block(64, 64, 1), block(64, 128, 2), block(128, 128, 1), block(128, 128, 1), block(128, 128, 2), block(128, 32, 1))
        # Where on the plate something stands tells as much as what.
        self.head = nn.Sequential(nn.Linear(32 * 3 * 12, 128), nn.ReLU(), nn.Dropout(.1), nn.Linear(128, len(COUNTRIES)))
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("shares", torch.from_numpy(np.log(SHARES)).float())

    def logits(self, x):
        return self.head(self.body((x.permute(0, 3, 1, 2).float() - 127.5) / 64).flatten(1))

    def forward(self, x):
        logits = self.logits(x)
        # Every country as common as any other: how common they are is the grammars' business.
        return logits if self.training else torch.softmax(logits / self.temperature - self.shares, -1)


def patch(img, boxes, rng):
    """A plate on some car, with what is around its characters."""
    line = boxes[0][3]
    pad = int(line * (MARGIN_ALONG + .5))
    h, w = img.shape[0] + 2 * pad, img.shape[1] + 2 * pad
    photographs = scenes.photographs()
    if photographs and rng.random() < .4:
        around = cv2.imdecode(photographs[rng.integers(len(photographs))], cv2.IMREAD_REDUCED_COLOR_4)
    else:
        around = np.empty((2, 3, 3), np.uint8)
        around[:] = np.clip(rng.integers(0, 245, 3) + rng.normal(0, 20, (2, 3, 1)), 0, 255)
    around = cv2.resize(around, (w, h), interpolation=cv2.INTER_LINEAR)
    around[pad:-pad, pad:-pad] = img
    small, quad = seen(around, [(x + pad, y + pad, bw, bh) for x, y, bw, bh in boxes], rng, MARGIN_ALONG, MARGIN_ACROSS)
    m = cv2.getPerspectiveTransform(quad, np.float32([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]]))
    return cv2.warpPerspective(small, m, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def samples(seed):
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    while True:
        img, _, country, boxes = plates.draw(rng, COUNTRIES[rng.choice(len(COUNTRIES), p=SHARES)])
        yield patch(img, boxes, rng), country


def batches(seed, size, fresh, kept=24000):
    """Batches of patches (uint8) and countries. Drawing is dear: a patch is kept and looked at again, so many fresh ones come with each batch."""
    source, pool, drawn = samples(seed), [], 0
    rng = np.random.default_rng([seed, 1])
    while True:
        chosen = [next(source) for _ in range(size if len(pool) < size else min(fresh, size))]
        for item in chosen:
            pool[drawn % kept:drawn % kept + 1] = [item]
            drawn += 1
        chosen += [pool[i] for i in rng.integers(0, len(pool), size - len(chosen))]
        x = np.stack([p for p, _ in chosen])
        if fresh < size:  # seen again it looks a little different
            x = np.clip(x * rng.uniform(.85, 1.15, (size, 1, 1, 1)) + rng.normal(0, 10, (size, 1, 1, 3)), 0, 255).astype(np.uint8)
        yield torch.from_numpy(x), torch.tensor([c for _, c in chosen])


def judged(model, seed, count):
    """Logits and countries of plates never trained on."""
    model.eval()
    logits, truth = [], []
    with torch.no_grad():
        for x, y in batches(seed, 64, 64):
            logits.append(model.logits(x))
            truth.append(y)
            if len(logits) * 64 >= count:
                return torch.cat(logits), torch.cat(truth)


def measure(model, seed, count):
    """How often the likeliest country is right, and how often where it has 0.9 or more."""
    logits, truth = judged(model, seed, count)
    p = torch.softmax(logits / model.temperature, -1)
    sure, best = p.max(-1)
    right = best == truth
    return {"plates": len(truth), "right": round(right.float().mean().item(), 4), "sure": round((sure >= .9).float().mean().item(), 4), "right where sure": round(right[sure >= .9].float().mean().item(), 4)}


def train(args):
    model = Country()

    def losses_of(model, batch):
        x, y = batch
        loss = F.cross_entropy(model(x), y, label_smoothing=SMOOTHING)
        return loss, {"loss": loss.item()}

    step = loop.run(args, model, [(list(model.parameters()), 1.0)], lambda step: batches(args.seed + 1 + step, args.batch, args.fresh), losses_of)
    logits, truth = judged(model, args.seed + 1000, args.validate)
    model.temperature.fill_(min((F.cross_entropy(logits / t, truth).item(), t) for t in np.linspace(.3, 3, 55))[1])
    torch.save(model.state_dict(), args.out)
    print("steps", step, "temperature", round(model.temperature.item(), 3), measure(model, args.seed + 2000, args.validate), flush=True)


def load(path):
    model = Country()
    model.load_state_dict(torch.load(path, map_location="cpu"))
    return model.eval()


def export(args):
    halves.export(load(args.weights), torch.zeros(1, HEIGHT, WIDTH, 3, dtype=torch.uint8), args.out, input_names=["plate"], output_names=["countries"])


if __name__ == "__main__":
    loop.main(__doc__, {"minutes": 10, "batch": 96, "rate": 2e-3, "validate": 2048, "out": "country.pt", "more": [("--fresh", 24, "patches drawn for a batch; the rest were seen before")]},
              train, lambda a: print(a.weights, measure(load(a.weights), a.seed, a.count)), export)
