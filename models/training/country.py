"""The country reader: the whole plate (48 × 192 BGR: characters, band, ground, frame) → how much it looks like each of 26 countries.

    python3 country.py train --minutes 10 --out country.pt && python3 country.py export country.pt country.onnx
"""
import argparse
import math
import os
import time

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import plates
import scenes
import halves
from plates import COUNTRIES
from reader import seen

WIDTH, HEIGHT = 192, 48
MARGIN_ALONG, MARGIN_ACROSS = 1.15, .6
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
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    model = Country()
    optimiser = torch.optim.AdamW(model.parameters(), args.rate, weight_decay=.02)
    step, spent = 0, 0.0
    if os.path.exists(args.out + ".state"):
        state = torch.load(args.out + ".state")
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent = state["step"], state["spent"]
    print(f"country: {sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, from step {step}", flush=True)
    started, losses = time.monotonic() - spent, []
    for x, y in batches(args.seed + 1 + step, args.batch, args.fresh):
        share = step / args.steps if args.steps else (time.monotonic() - started) / (60 * args.minutes)
        if share >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = args.rate * min(1, (step + 1) / 50) * max(.02, .5 + .5 * math.cos(math.pi * share))
        model.train()
        loss = F.cross_entropy(model(x), y, label_smoothing=SMOOTHING)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimiser.step()
        losses.append(loss.item())
        step += 1
        if step % args.report == 0:
            print(f"step {step} {step * args.batch} patches {time.monotonic() - started:.0f} s, {time.process_time():.0f} s of processor, loss {np.mean(losses[-args.report:]):.4f}", flush=True)
            torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "spent": time.monotonic() - started}, args.out + ".tmp")
            os.replace(args.out + ".tmp", args.out + ".state")
            torch.save(model.state_dict(), args.out)
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
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    t = verbs.add_parser("train")
    t.add_argument("--minutes", type=float, default=10)
    t.add_argument("--steps", type=int, default=0, help="ends after so many steps instead of the minutes")
    t.add_argument("--batch", type=int, default=96)
    t.add_argument("--fresh", type=int, default=24, help="patches drawn for a batch; the rest were seen before")
    t.add_argument("--rate", type=float, default=2e-3)
    t.add_argument("--threads", type=int, default=1)
    t.add_argument("--seed", type=int, default=1)
    t.add_argument("--report", type=int, default=25)
    t.add_argument("--validate", type=int, default=1024)
    t.add_argument("--out", default="country.pt")
    t.set_defaults(run=train)
    m = verbs.add_parser("measure")
    m.add_argument("weights")
    m.add_argument("--plates", type=int, default=2048)
    m.add_argument("--seed", type=int, default=2001)
    m.set_defaults(run=lambda a: print(a.weights, measure(load(a.weights), a.seed, a.plates)))
    e = verbs.add_parser("export")
    e.add_argument("weights")
    e.add_argument("out")
    e.set_defaults(run=export)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.run(arguments)
