"""The reader: a rectified patch (48 × 192 BGR) → ten character places of 37 (blank, A-Z, 0-9), and the country.

    python3 reader.py train --minutes 12 --out reader.pt
"""
import argparse
import math
import time

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import plates
from glyphs import ALPHABET

HEIGHT, WIDTH, PLACES = 48, 192, 10
CLASSES = "-" + ALPHABET


def patch(img, rng):
    """A plate as a detector's corners would cut it: corners wrong by a few per cent, at the resolution of a far or near car."""
    h, w = img.shape[:2]
    jitter = rng.uniform(.0, .075)
    corners = np.float32([[0, 0], [w, 0], [w, h], [0, h]])
    outwards = np.float32([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    wrong = np.clip(rng.normal(.15, .5, (4, 2)).astype(np.float32) * np.float32([.45, 1.2]) * jitter, -.035, .12)
    corners += outwards * wrong * np.float32([w, h])
    if rng.random() < .5:  # more surroundings than plate
        grow = rng.uniform(0, .14, 4)
        corners += np.float32([[-w * grow[0] * .6, -h * grow[1]], [w * grow[2] * .6, -h * grow[1]], [w * grow[2] * .6, h * grow[3]], [-w * grow[0] * .6, h * grow[3]]])
    width = int(np.exp(rng.uniform(math.log(36), math.log(240))))
    height = max(9, int(width * h / w))
    pad = int(max(h, w) * .12)
    around = cv2.copyMakeBorder(img, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=[int(v) for v in rng.integers(0, 220, 3)])
    m = cv2.getPerspectiveTransform(corners + pad, np.float32([[0, 0], [width, 0], [width, height], [0, height]]))
    if width < w:
        around = cv2.GaussianBlur(around, (0, 0), max(.3, .32 * w / width))
    small = cv2.warpPerspective(around, m, (width, height), flags=cv2.INTER_LINEAR)
    small = plates.degrade(small, rng, min(1, width / 110))
    return cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR if rng.random() < .8 else cv2.INTER_AREA)


class Plates(torch.utils.data.IterableDataset):
    """Endless plates from a seed; each flat plate gives several patches."""

    def __init__(self, seed, views=8):
        self.seed, self.views = seed, views

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        cv2.setNumThreads(0)
        rng = np.random.default_rng([self.seed, info.id if info else 0])
        while True:
            img, text, country, _ = plates.draw(rng)
            if not text or len(text) > PLACES:
                continue
            target = np.zeros(PLACES, np.int64)
            target[:len(text)] = [CLASSES.index(c) for c in text]
            for _ in range(self.views):
                yield patch(img, rng), target, country


class Block(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.a = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.an = nn.BatchNorm2d(cout)
        self.b = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(cout)
        self.skip = nn.Conv2d(cin, cout, 1, stride, bias=False) if cin != cout or stride != 1 else nn.Identity()

    def forward(self, x):
        y = F.relu(self.an(self.a(x)))
        return F.relu(self.bn(self.b(y)) + self.skip(x))


class Mix(nn.Module):
    """One attention layer, written out so that it exports to plain operators."""

    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.heads = heads
        self.n1, self.n2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.up, self.down = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(self.n1(x)).reshape(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        a = torch.softmax(q @ k.transpose(-2, -1) * (d // self.heads) ** -.5, -1)
        x = x + self.out((a @ v).transpose(1, 2).reshape(n, t, d))
        return x + self.down(F.relu(self.up(self.n2(x))))


class Reader(nn.Module):
    def __init__(self, dim=128):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 24, 3, 2, 1, bias=False), nn.BatchNorm2d(24), nn.ReLU())
        self.body = nn.Sequential(Block(24, 48, 2), Block(48, 80, 2), Block(80, dim, 1))
        self.position = nn.Parameter(torch.randn(1, 6 * 24, dim) * .02)
        self.mix = nn.Sequential(Mix(dim, 4, 2 * dim), Mix(dim, 4, 2 * dim))
        self.norm = nn.LayerNorm(dim)
        self.query = nn.Parameter(torch.randn(PLACES + 1, dim) * .2)
        self.key = nn.Linear(dim, dim)
        self.head = nn.Linear(dim, len(CLASSES))
        self.country = nn.Linear(dim, len(plates.COUNTRIES))
        self.register_buffer("temperature", torch.ones(()))

    def forward(self, x):
        """x: N × 48 × 192 × 3, BGR 0-255 → places N × 10 × 37 and country N × 26, probabilities when evaluating, logits when training."""
        x = (x.permute(0, 3, 1, 2).float() - 127.5) / 64
        # The patch's own brightness and contrast say nothing of its characters.
        mean = x.mean((1, 2, 3), keepdim=True)
        x = (x - mean) / (((x - mean) ** 2).mean((1, 2, 3), keepdim=True).sqrt() + .1)
        f = self.body(self.stem(x)).flatten(2).transpose(1, 2)
        f = self.norm(self.mix(f + self.position))
        a = torch.softmax(self.query @ self.key(f).transpose(1, 2) * f.shape[-1] ** -.5, -1)
        slots = a @ f
        places, country = self.head(slots[:, :PLACES]), self.country(slots[:, PLACES])
        if self.training:
            return places, country
        return torch.softmax(places / self.temperature, -1), torch.softmax(country, -1)


def batches(seed, size, workers):
    data = torch.utils.data.DataLoader(Plates(seed), size, num_workers=workers, prefetch_factor=8 if workers else None, persistent_workers=workers > 0)
    pool = []  # views of one plate lie side by side: spread them over batches
    for item in data:
        pool.append(item)
        if len(pool) == 6:
            order = torch.randperm(6 * size)
            joined = [torch.cat(part)[order] for part in zip(*pool)]
            yield from zip(*(part.split(size) for part in joined))
            pool = []


def measure(model, seed, count, device):
    """Whole-plate accuracy, and what a calibrated confidence says, on plates never trained on."""
    model.eval()
    right, sure, wrong, total = 0, 0, 0, 0
    with torch.no_grad():
        for x, y, _ in batches(seed, 256, 4):
            p, _ = model(x.to(device))
            best, guess = p.max(-1)
            ok = (guess.cpu() == y).all(1)
            confident = best.prod(1).cpu() >= .9
            right += ok.sum().item()
            sure += confident.sum().item()
            wrong += (confident & ~ok).sum().item()
            total += len(y)
            if total >= count:
                break
    return {"plates": total, "whole": right / total, "confident": sure / total, "confident_wrong": wrong / total}


def calibrate(model, seed, device):
    """The temperature that minimises the negative log-likelihood of held-out plates."""
    model.train()
    for m in model.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.eval()
    logits, targets = [], []
    with torch.no_grad():
        for i, (x, y, _) in enumerate(batches(seed, 256, 4)):
            logits.append(model(x.to(device))[0])
            targets.append(y.to(device))
            if i == 24:
                break
    logits, targets = torch.cat(logits).flatten(0, 1), torch.cat(targets).flatten()
    grid = [(F.cross_entropy(logits / t, targets).item(), t) for t in np.linspace(.6, 2.5, 77)]
    model.temperature.fill_(float(min(grid)[1]))


def train(args):
    torch.manual_seed(args.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = Reader().to(device)
    print(f"reader: {sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters on {device}", flush=True)
    if args.resume:
        model.load_state_dict(torch.load(args.resume, map_location=device))
    optimiser = torch.optim.AdamW(model.parameters(), args.rate, weight_decay=.02, betas=(.9, .98))
    started, step = time.monotonic(), 0
    ema = {k: v.clone() for k, v in model.state_dict().items()}
    for x, y, c in batches(args.seed + 1, args.batch, args.workers):
        share = (time.monotonic() - started) / (60 * args.minutes)
        if share >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = args.rate * min(1, (step + 1) / 300) * (.5 + .5 * math.cos(math.pi * share))
        model.train()
        x, y, c = x.to(device, non_blocking=True), y.to(device), c.to(device)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
            places, country = model(x)
        loss = F.cross_entropy(places.float().flatten(0, 1), y.flatten(), label_smoothing=.02) + .1 * F.cross_entropy(country.float(), c)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimiser.step()
        step += 1
        decay = min(.999, step / (step + 50))
        for k, v in model.state_dict().items():
            ema[k].lerp_(v, 1 - decay) if v.dtype.is_floating_point else ema[k].copy_(v)
        if step % args.report == 0:
            print(f"step {step} {time.monotonic() - started:.0f} s loss {loss.item():.4f}", flush=True)
            torch.save(ema, args.out)
    model.load_state_dict(ema)
    calibrate(model, args.seed + 1000, device)
    torch.save(model.state_dict(), args.out)
    print("steps", step, "temperature", round(model.temperature.item(), 3), measure(model, args.seed + 2000, args.validate, device), flush=True)


def export(args):
    model = Reader()
    model.load_state_dict(torch.load(args.weights, map_location="cpu"))
    model.eval()
    extra = {"dynamo": False} if torch.__version__ >= "2.5" else {}
    torch.onnx.export(model, (torch.zeros(2, HEIGHT, WIDTH, 3, dtype=torch.uint8),), args.out, input_names=["patch"], output_names=["places", "country"],
                      dynamic_axes={"patch": {0: "n"}, "places": {0: "n"}, "country": {0: "n"}}, opset_version=16, **extra)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    t = verbs.add_parser("train")
    t.add_argument("--minutes", type=float, default=20)
    t.add_argument("--batch", type=int, default=512)
    t.add_argument("--workers", type=int, default=8)
    t.add_argument("--rate", type=float, default=1.2e-3)
    t.add_argument("--seed", type=int, default=1)
    t.add_argument("--report", type=int, default=200)
    t.add_argument("--validate", type=int, default=8000)
    t.add_argument("--resume")
    t.add_argument("--out", default="reader.pt")
    t.set_defaults(run=train)
    e = verbs.add_parser("export")
    e.add_argument("weights")
    e.add_argument("out")
    e.set_defaults(run=export)
    arguments = parser.parse_args()
    arguments.run(arguments)
