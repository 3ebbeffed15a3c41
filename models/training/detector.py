"""The detector: a picture (any multiple of 32 each way, BGR) → a heat map of plate centres and four corners, a cell every 8 pixels.

    python3 detector.py train --minutes 12 --out detector.pt
"""
import argparse
import math
import time

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import scenes

STRIDE = 8


def targets(quads):
    """Heat map (1 × h × w), corner offsets in cells (8 × h × w) and their weight (1 × h × w)."""
    h, w = scenes.HEIGHT // STRIDE, scenes.WIDTH // STRIDE
    heat, corners, weight = np.zeros((1, h, w), np.float32), np.zeros((8, h, w), np.float32), np.zeros((1, h, w), np.float32)
    ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
    for q in quads / STRIDE:
        cx, cy = q.mean(0) - .5
        span = max(np.linalg.norm(q[1] - q[0]), np.linalg.norm(q[2] - q[3]))
        tall = max(np.linalg.norm(q[3] - q[0]), np.linalg.norm(q[2] - q[1]))
        sx, sy = max(.6, span * .13), max(.6, tall * .18)
        g = np.exp(-((xs - cx) ** 2 / (2 * sx * sx) + (ys - cy) ** 2 / (2 * sy * sy)))
        ix, iy = int(np.clip(round(cx), 0, w - 1)), int(np.clip(round(cy), 0, h - 1))
        g[iy, ix] = 1
        near = (g > .3) & (g >= heat[0])
        heat[0] = np.maximum(heat[0], g)
        for k in range(4):
            corners[2 * k][near] = (q[k, 0] - .5 - xs)[near]
            corners[2 * k + 1][near] = (q[k, 1] - .5 - ys)[near]
        weight[0][near] = g[near] / max(2.0, span)
    return heat, corners, weight


class Scenes(torch.utils.data.IterableDataset):
    def __init__(self, seed):
        self.seed = seed

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        cv2.setNumThreads(0)
        rng = np.random.default_rng([self.seed, info.id if info else 0])
        while True:
            img, quads = scenes.draw(rng)
            yield (img, *targets(quads))


def conv(cin, cout, k=3, stride=1, groups=1):
    return nn.Sequential(nn.Conv2d(cin, cout, k, stride, k // 2, groups=groups, bias=False), nn.BatchNorm2d(cout), nn.ReLU())


class Down(nn.Module):
    """Depthwise then pointwise, with a residual where the shape allows."""

    def __init__(self, cin, cout, stride):
        super().__init__()
        self.run = nn.Sequential(conv(cin, cin, 5 if stride == 1 else 3, stride, cin), conv(cin, cout, 1), conv(cout, cout, 3, 1, cout), nn.Conv2d(cout, cout, 1, bias=False), nn.BatchNorm2d(cout))
        self.same = stride == 1 and cin == cout

    def forward(self, x):
        y = self.run(x)
        return F.relu(y + x) if self.same else F.relu(y)


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv(3, 16, 3, 2), conv(16, 32, 3, 2))
        self.c3 = nn.Sequential(Down(32, 64, 2), Down(64, 64, 1))
        self.c4 = nn.Sequential(Down(64, 112, 2), Down(112, 112, 1), Down(112, 112, 1))
        self.c5 = nn.Sequential(Down(112, 160, 2), Down(160, 160, 1), Down(160, 160, 1))
        self.p5, self.p4, self.p3 = nn.Conv2d(160, 64, 1), nn.Conv2d(112, 64, 1), nn.Conv2d(64, 64, 1)
        self.neck4 = Down(64, 64, 1)
        self.neck = nn.Sequential(Down(64, 64, 1), Down(64, 64, 1))
        self.heat = nn.Conv2d(64, 1, 1)
        self.corners = nn.Conv2d(64, 8, 1)
        nn.init.constant_(self.heat.bias, -4.6)

    def forward(self, x):
        """x: N × H × W × 3 BGR 0-255 → heat N × 1 × H/8 × W/8 (0-1), corners N × 8 × H/8 × W/8 in pixels of the input relative to the cell's centre."""
        x = (x.permute(0, 3, 1, 2).float() - 114) / 58
        c3 = self.c3(self.stem(x))
        c4 = self.c4(c3)
        c5 = self.c5(c4)
        p4 = self.neck4(self.p4(c4) + F.interpolate(self.p5(c5), scale_factor=2.0, mode="nearest"))
        p3 = self.neck(self.p3(c3) + F.interpolate(p4, scale_factor=2.0, mode="nearest"))
        heat, corners = self.heat(p3), self.corners(p3) * 4
        return (heat, corners) if self.training else (torch.sigmoid(heat), corners * STRIDE)


def loss_of(heat, corners, want, offsets, weight):
    p = torch.sigmoid(heat.float()).clamp(1e-4, 1 - 1e-4)
    peak = (want > .999).float()
    focal = -(peak * (1 - p) ** 2 * p.log() + (1 - peak) * (1 - want) ** 4 * p ** 2 * (1 - p).log()).sum() / peak.sum().clamp(1)
    box = (F.smooth_l1_loss(corners.float(), offsets, reduction="none", beta=.3) * weight).sum() / (weight > 0).sum().clamp(1)
    return focal, box


def found(heat, corners, threshold):
    """Plates of one picture: list of (score, 4 × 2 corners in pixels)."""
    peak = F.max_pool2d(heat[None], 5, 1, 2)[0]
    ys, xs = torch.where((heat[0] == peak[0]) & (heat[0] > threshold))
    out = []
    for y, x in zip(ys.tolist(), xs.tolist()):
        centre = np.float32([(x + .5) * STRIDE, (y + .5) * STRIDE])
        out.append((heat[0, y, x].item(), corners[:, y, x].cpu().numpy().reshape(4, 2) + centre))
    return sorted(out, key=lambda o: -o[0])


def measure(model, seed, count, device, threshold=.4):
    """Recall and precision at a mean corner error under 12 % of the plate's width."""
    model.eval()
    rng = np.random.default_rng([seed])
    hit = missed = false = 0
    errors = []
    with torch.no_grad():
        for _ in range(count):
            img, quads = scenes.draw(rng)
            heat, corners = model(torch.from_numpy(img)[None].to(device))
            plates = found(heat[0].cpu(), corners[0].cpu(), threshold)
            for q in quads:
                span = np.linalg.norm(q[1] - q[0])
                best = min(((np.abs(c - q).mean() / span, i) for i, (_, c) in enumerate(plates)), default=(9, -1))
                if best[0] < .12:
                    hit += 1
                    errors.append(best[0])
                    plates.pop(best[1])
                else:
                    missed += 1
            false += len(plates)
    return {"pictures": count, "recall": hit / max(1, hit + missed), "precision": hit / max(1, hit + false), "corner_error": float(np.median(errors)) if errors else None}


def train(args):
    torch.manual_seed(args.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = Detector().to(device)
    print(f"detector: {sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters on {device}", flush=True)
    if args.resume:
        model.load_state_dict(torch.load(args.resume, map_location=device))
    optimiser = torch.optim.AdamW(model.parameters(), args.rate, weight_decay=.02)
    ema = {k: v.clone() for k, v in model.state_dict().items()}
    data = torch.utils.data.DataLoader(Scenes(args.seed + 1), args.batch, num_workers=args.workers, prefetch_factor=4 if args.workers else None)
    started, step = time.monotonic(), 0
    for batch in data:
        share = (time.monotonic() - started) / (60 * args.minutes)
        if share >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = args.rate * min(1, (step + 1) / 200) * (.5 + .5 * math.cos(math.pi * share))
        model.train()
        batch = [b.to(device, non_blocking=True) for b in batch]
        for _ in range(args.repeat):  # drawing is the bottleneck: the same pictures mirrored in colour and noise are worth a second look
            x = batch[0].float() * (1 + .1 * torch.randn(len(batch[0]), 1, 1, 3, device=device)) + 8 * torch.randn(len(batch[0]), 1, 1, 1, device=device)
            with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
                heat, corners = model(x)
            focal, box = loss_of(heat, corners, *batch[1:])
            loss = focal + 12 * box
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5)
            optimiser.step()
            step += 1
            decay = min(.999, step / (step + 50))
            for k, v in model.state_dict().items():
                ema[k].lerp_(v, 1 - decay) if v.dtype.is_floating_point else ema[k].copy_(v)
        if step % args.report < args.repeat:
            print(f"step {step} {time.monotonic() - started:.0f} s focal {focal.item():.3f} box {box.item():.4f}", flush=True)
            torch.save(ema, args.out)
    model.load_state_dict(ema)
    torch.save(ema, args.out)
    print("steps", step, measure(model, args.seed + 2000, args.validate, device), flush=True)


def export(args):
    model = Detector()
    model.load_state_dict(torch.load(args.weights, map_location="cpu"))
    model.eval()
    extra = {"dynamo": False} if torch.__version__ >= "2.5" else {}
    torch.onnx.export(model, (torch.zeros(1, 480, 640, 3, dtype=torch.uint8),), args.out, input_names=["picture"], output_names=["heat", "corners"],
                      dynamic_axes={"picture": {0: "n", 1: "h", 2: "w"}, "heat": {0: "n", 2: "y", 3: "x"}, "corners": {0: "n", 2: "y", 3: "x"}}, opset_version=16, **extra)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    t = verbs.add_parser("train")
    t.add_argument("--minutes", type=float, default=20)
    t.add_argument("--batch", type=int, default=64)
    t.add_argument("--workers", type=int, default=8)
    t.add_argument("--repeat", type=int, default=2)
    t.add_argument("--rate", type=float, default=1.5e-3)
    t.add_argument("--seed", type=int, default=1)
    t.add_argument("--report", type=int, default=200)
    t.add_argument("--validate", type=int, default=400)
    t.add_argument("--resume")
    t.add_argument("--out", default="detector.pt")
    t.set_defaults(run=train)
    e = verbs.add_parser("export")
    e.add_argument("weights")
    e.add_argument("out")
    e.set_defaults(run=export)
    arguments = parser.parse_args()
    arguments.run(arguments)
