"""The detector: a picture (any multiple of 32 each way, BGR bytes) → a heat map of plates and the four corners of their characters, a cell every 8 pixels.

The backbone is PP-OCRv4's (text detection); the neck and the head are ours and small.

    python3 detector.py train --minutes 90 --out detector.pt && python3 detector.py export detector.pt detector.onnx
"""
import math

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import halves
import loop
import pretrained
import scenes

STRIDE = 8
MODEL = "ch_PP-OCRv4_det_infer.onnx"
BACKBONE, C2, C3, C4, C5 = 29, 6, 10, 20, 28
MEAN, DEVIATION = np.array([.485, .456, .406]) * 255, np.array([.229, .224, .225]) * 255


def conv(cin, cout, k=3, stride=1, groups=1):
    return nn.Sequential(nn.Conv2d(cin, cout, k, stride, k // 2, groups=groups, bias=False), nn.BatchNorm2d(cout), nn.ReLU())


def mix(cin, cout, stride=1):
    return nn.Sequential(conv(cin, cin, 5 if stride == 1 else 3, stride, cin), conv(cin, cout, 1))


class Detector(nn.Module):
    """frozen: that many of the backbone's first layers keep their published weights."""

    def __init__(self, frozen=11):
        super().__init__()
        self.frozen, width = frozen, 64
        layers = pretrained.layers(MODEL, BACKBONE)
        # The input's own normalisation is the first layer's business.
        layers[0].bias = layers[0].bias - (layers[0].weight * (MEAN / DEVIATION)[None, :, None, None]).sum((1, 2, 3))
        layers[0].weight = layers[0].weight / DEVIATION[None, :, None, None]
        self.backbone = pretrained.Stack(layers, exact_edges=False)
        for c in self.backbone.convs[:frozen]:
            c.requires_grad_(False)
        for k, squeeze in self.backbone.squeezes.items():
            squeeze.requires_grad_(int(k) >= frozen)
        self.l2, self.l3, self.l4, self.l5 = mix(48, width, 2), conv(96, width, 1), conv(192, width, 1), conv(384, width, 1)
        self.n4, self.n3 = mix(width, width), nn.Sequential(mix(width, width), mix(width, width))
        self.heat = nn.Sequential(mix(width, 32), nn.Conv2d(32, 1, 1))
        self.corners = nn.Sequential(mix(width, width), nn.Conv2d(width, 8, 1))
        nn.init.constant_(self.heat[1].bias, -4.6)

    def forward(self, x):
        """x: N × H × W × 3 BGR bytes → heat N × 1 × H/8 × W/8 (0-1), corners N × 8 × H/8 × W/8 in pixels of the input relative to the cell's centre."""
        x = x.permute(0, 3, 1, 2).float()
        taps = dict.fromkeys((C2, C3, C4, C5))
        if self.training:
            with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                x = self.backbone.part(x, 0, self.frozen, taps)
            taps.update({k: v.float() for k, v in taps.items() if v is not None})
            self.backbone.part(x.float(), self.frozen, BACKBONE, taps)
        else:
            self.backbone.part(x, 0, BACKBONE, taps)
        p4 = self.n4(self.l4(taps[C4]) + F.interpolate(self.l5(taps[C5]), scale_factor=2.0, mode="nearest"))
        p3 = self.n3(self.l3(taps[C3]) + self.l2(taps[C2]) + F.interpolate(p4, scale_factor=2.0, mode="nearest"))
        heat, corners = self.heat(p3), self.corners(p3) * 4
        return (heat, corners) if self.training else (torch.sigmoid(heat), corners * STRIDE)


def targets(quads, width, height):
    """Heat map (1 × h × w), corner offsets in cells (8 × h × w) and their weight (1 × h × w)."""
    h, w = height // STRIDE, width // STRIDE
    heat, corners, weight = np.zeros((1, h, w), np.float32), np.zeros((8, h, w), np.float32), np.zeros((1, h, w), np.float32)
    ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
    for q in quads / STRIDE:
        cx, cy = q.mean(0) - .5
        if not (-.5 <= cx < w - .5 and -.5 <= cy < h - .5):
            continue
        span = max(np.linalg.norm(q[1] - q[0]), np.linalg.norm(q[2] - q[3]))
        tall = max(np.linalg.norm(q[3] - q[0]), np.linalg.norm(q[2] - q[1]))
        sx, sy = max(.6, span * .12), max(.6, tall * .18)
        g = np.exp(-((xs - cx) ** 2 / (2 * sx * sx) + (ys - cy) ** 2 / (2 * sy * sy)))
        g[int(np.clip(round(cy), 0, h - 1)), int(np.clip(round(cx), 0, w - 1))] = 1
        near = (g > .3) & (g >= heat[0])
        heat[0] = np.maximum(heat[0], g)
        for k in range(4):
            corners[2 * k][near] = (q[k, 0] - .5 - xs)[near]
            corners[2 * k + 1][near] = (q[k, 1] - .5 - ys)[near]
        weight[0][near] = g[near] / max(1.5, span)
    return heat, corners, weight


def loss_of(heat, corners, want, offsets, weight):
    p = torch.sigmoid(heat).clamp(1e-4, 1 - 1e-4)
    peak = (want > .999).float()
    focal = -(peak * (1 - p) ** 2 * p.log() + (1 - peak) * (1 - want) ** 4 * p ** 2 * (1 - p).log()).sum() / peak.sum().clamp(1)
    box = (F.smooth_l1_loss(corners, offsets, reduction="none", beta=.2) * weight).sum() / (weight > 0).sum().clamp(1)
    return focal, box


class Crops:
    """Batches of square crops at various scales. Drawing is dear: a scene is kept and looked at again, a few fresh ones come with each batch."""

    def __init__(self, seed, size, side, fresh, kept=1200):
        cv2.setNumThreads(1)
        self.rng, self.size, self.side, self.fresh, self.kept, self.pool, self.drawn = np.random.default_rng(seed), size, side, fresh, kept, [], 0

    def _draw(self):
        img, quads = scenes.draw(self.rng)
        item = (cv2.imencode(".jpg", img, [cv2.IMWRITE_JPEG_QUALITY, 94])[1], quads)
        if len(self.pool) < self.kept:
            self.pool.append(item)
        else:
            self.pool[self.drawn % self.kept] = item
        self.drawn += 1
        return item

    def _crop(self, item):
        rng, side = self.rng, self.side
        img, quads = cv2.imdecode(item[0], cv2.IMREAD_COLOR), item[1]
        s = float(np.exp(rng.uniform(math.log(.5), math.log(1.3))))
        if len(quads) and rng.random() < .85:
            q = quads[rng.integers(len(quads))]
            span = np.ptp(q[:, 0])
            s = min(s, side * .85 / span)
            cx, cy = q.mean(0) * s + rng.uniform(-.4, .4, 2) * (side - min(side * .8, span * s))
        else:
            cx, cy = rng.uniform(0, scenes.WIDTH * s), rng.uniform(0, scenes.HEIGHT * s)
        m = np.float32([[s, 0, side / 2 - cx], [0, s, side / 2 - cy]])
        if s < .75:
            img = cv2.GaussianBlur(img, (0, 0), .3 / s)
        out = cv2.warpAffine(img, m, (side, side), flags=cv2.INTER_LINEAR, borderValue=(114, 114, 114))
        if rng.random() < .5:
            out = cv2.convertScaleAbs(out, alpha=rng.uniform(.6, 1.4), beta=rng.uniform(-25, 25))
        quads = quads * np.float32(s) + m[:, 2]
        whole = [q for q in quads if (q > -8).all() and (q < side + 8).all()]
        cut = [q for q in quads if not ((q > -8).all() and (q < side + 8).all()) and q[:, 0].max() > 0 and q[:, 1].max() > 0 and q[:, 0].min() < side and q[:, 1].min() < side]
        for q in cut:  # half a plate is none: it is painted over
            cv2.fillPoly(out, [(q + (q - q.mean(0)) * .5).astype(np.int32)], (114, 114, 114))
        return out, targets(np.float32(whole).reshape(-1, 4, 2), side, side)

    def __iter__(self):
        while True:
            items = [self._draw() for _ in range(self.fresh if len(self.pool) > self.size * 2 else self.size)]
            items += [self.pool[i] for i in self.rng.integers(0, len(self.pool), max(0, self.size - len(items)))]
            cut = [self._crop(i) for i in items[:self.size]]
            yield torch.from_numpy(np.stack([c[0] for c in cut])), *(torch.from_numpy(np.stack([c[1][k] for c in cut])) for k in range(3))


def found(heat, corners, threshold):
    """Plates of one picture: list of (score, 4 × 2 corners in pixels); of two whose centres share a character's line the surer stays."""
    peak = F.max_pool2d(heat[None], 3, 1, 1)[0]
    ys, xs = torch.where((heat[0] == peak[0]) & (heat[0] > threshold))
    out = []
    for s, y, x in sorted(((heat[0, y, x].item(), y, x) for y, x in zip(ys.tolist(), xs.tolist())), reverse=True):
        q = corners[:, y, x].numpy().reshape(4, 2) + np.float32([(x + .5) * STRIDE, (y + .5) * STRIDE])
        c = q.mean(0)
        if not any((np.abs(c - o.mean(0)) < (o.max(0) - o.min(0)) * .5).all() for _, o in out):
            out.append((s, q))
    return out


def measure(model, seed, count, threshold=.4):
    """Recall, precision and the corners' error in shares of the characters' height, on scenes never trained on."""
    model.eval()
    rng = np.random.default_rng(seed)
    hit = missed = false = 0
    errors = []
    with torch.no_grad():
        for _ in range(count):
            img, quads = scenes.draw(rng)
            heat, corners = model(torch.from_numpy(img)[None])
            plates = found(heat[0], corners[0], threshold)
            for q in quads:
                if (q < 0).any() or (q > (scenes.WIDTH, scenes.HEIGHT)).any():
                    continue
                tall, span = np.linalg.norm(q[3] - q[0]), np.linalg.norm(q[1] - q[0])
                best = min(((np.abs(c - q).mean(), i) for i, (_, c) in enumerate(plates)), default=(1e9, -1))
                if best[0] < .12 * span:
                    hit += 1
                    errors.append(best[0] / tall)
                    plates.pop(best[1])
                else:
                    missed += 1
            false += sum(1 for _, c in plates if (c > 0).all() and (c < (scenes.WIDTH, scenes.HEIGHT)).all())
    return {"pictures": count, "threshold": threshold, "recall": round(hit / max(1, hit + missed), 4), "precision": round(hit / max(1, hit + false), 4), "corner_error": round(float(np.median(errors)), 4) if errors else None}


def train(args):
    model = Detector(args.frozen)
    fresh = [p for n, p in model.named_parameters() if not n.startswith("backbone")]
    tuned = [p for n, p in model.named_parameters() if n.startswith("backbone") and p.requires_grad]

    def losses_of(model, batch):
        x, want, offsets, weight = batch
        focal, box = loss_of(*model(x), want, offsets, weight)
        return focal + 10 * box, {"heat": focal.item(), "corners": box.item()}

    step = loop.run(args, model, [(fresh, 1.0), (tuned, .12)], lambda step: Crops(args.seed + 1 + step, args.batch, args.side, args.fresh), losses_of, warm=100)
    torch.save(model.state_dict(), args.out)
    print("steps", step, measure(model, args.seed + 2000, args.validate), flush=True)


def load(path):
    model = Detector()
    model.load_state_dict(torch.load(path, map_location="cpu"))
    return model.eval()


def export(args):
    halves.export(load(args.weights), torch.zeros(1, 384, 512, 3, dtype=torch.uint8), args.out, input_names=["picture"], output_names=["heat", "corners"],
                  dynamic_axes={"picture": {0: "n", 1: "h", 2: "w"}, "heat": {0: "n", 2: "y", 3: "x"}, "corners": {0: "n", 2: "y", 3: "x"}})


if __name__ == "__main__":
    loop.main(__doc__, {"minutes": 90, "batch": 12, "rate": 2e-3, "validate": 200, "out": "detector.pt",
                        "more": [("--side", 320, "pixels of a crop"), ("--fresh", 2, "scenes drawn for a batch; the rest were seen before"), ("--frozen", 11, "layers of the backbone that stay as published")]},
              train, lambda a: [print(a.weights, measure(load(a.weights), a.seed, a.count, t)) for t in (.3, .4, .5)], export)
