"""The reader's network: PP-OCRv4's line recogniser with 37 classes of its 6,625.

In: N × 48 × 208 × 3 BGR, 0-255: a line of characters, or the lines of a two-line plate side by side. Out: N × 26 × 37, the probabilities
of the blank, A-Z and 0-9 at each of 26 steps (CTC).
"""
import torch
from torch import nn
from torch.nn import functional as F

import pretrained
from glyphs import ALPHABET

HEIGHT, WIDTH, STEPS = 48, 208, 26
MODEL = "ch_PP-OCRv4_rec_infer.onnx"
BACKBONE = 29


class Mix(nn.Module):
    """Attention and a two-layer perceptron, each after a norm and with a residual."""

    def __init__(self, dim=120, heads=8):
        super().__init__()
        self.heads, self.n1, self.n2 = heads, nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.qkv, self.out, self.up, self.down = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(2 * dim, dim)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(self.n1(x)).reshape(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        a = torch.softmax(q @ k.transpose(-2, -1) * (d // self.heads) ** -.5, -1)
        x = x + self.out((a @ v).transpose(1, 2).reshape(n, t, d))
        return x + self.down(F.silu(self.up(self.n2(x))))


class Reader(nn.Module):
    """frozen: that many of the backbone's first layers keep their published weights."""

    def __init__(self, frozen=22):
        super().__init__()
        self.frozen = frozen
        self.backbone = pretrained.Stack(pretrained.layers(MODEL, BACKBONE))
        for conv in self.backbone.convs[:frozen]:
            conv.requires_grad_(False)
        for k, squeeze in self.backbone.squeezes.items():
            squeeze.requires_grad_(int(k) >= frozen)
        self.c1, self.c2 = nn.Conv2d(480, 60, (1, 3), padding=(0, 1)), nn.Conv2d(60, 120, 1)
        self.mix = nn.ModuleList([Mix(), Mix()])
        self.norm = nn.LayerNorm(120, eps=1e-6)
        self.c3, self.c4, self.c5 = nn.Conv2d(120, 480, 1), nn.Conv2d(960, 60, (1, 3), padding=(0, 1)), nn.Conv2d(60, 120, 1)
        self.head = nn.Linear(120, 1 + len(ALPHABET))
        self.register_buffer("temperature", torch.ones(()))
        self._load()

    def _load(self):
        operators, constants = pretrained.nodes(MODEL)
        start = next(i for i, n in enumerate(operators) if n.op_type == "AveragePool")
        found = iter([constants[x] for n in operators[start:] if n.op_type in ("Conv", "BatchNormalization", "MatMul", "Add", "Mul") for x in n.input if x in constants and constants[x].size > 1])

        def take():
            return torch.from_numpy(next(found).copy())

        def conv(layer):
            w, g, b, m, v = (take() for _ in range(5))
            s = g / torch.sqrt(v + 1e-5)
            layer.weight.copy_(w * s[:, None, None, None])
            layer.bias.copy_(b - m * s)

        def linear(layer):
            layer.weight.copy_(take().T)
            layer.bias.copy_(take())

        def norm(layer):
            layer.weight.copy_(take())
            layer.bias.copy_(take())

        with torch.no_grad():
            conv(self.c1)
            conv(self.c2)
            for m in self.mix:
                norm(m.n1)
                linear(m.qkv)
                linear(m.out)
                norm(m.n2)
                linear(m.up)
                linear(m.down)
            norm(self.norm)
            for c in (self.c3, self.c4, self.c5):
                conv(c)
            w, b = take(), take()
            with open(pretrained.FOLDER + "/ppocr_keys_v1.txt", encoding="utf-8") as file:
                keys = file.read().split("\n")
            rows = [0] + [1 + keys.index(c) for c in ALPHABET]
            self.head.weight.copy_(w.T[rows])
            self.head.bias.copy_(b[rows])

    def forward(self, x):
        x = (x.permute(0, 3, 1, 2).float() - 127.5) / 127.5
        if self.training:
            with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                x = self.backbone.part(x, 0, self.frozen)
            x = self.backbone.part(x.float(), self.frozen, BACKBONE)
        else:
            x = self.backbone(x)
        scale, shift = self.backbone.last
        h = F.avg_pool2d(x * scale + shift, (3, 2))
        z = F.silu(self.c2(F.silu(self.c1(h))))
        s = z.flatten(2).transpose(1, 2)
        for m in self.mix:
            s = m(s)
        s = self.norm(s).transpose(1, 2).unsqueeze(2)
        z = torch.cat([h, F.silu(self.c3(s))], 1)
        steps = self.head(F.silu(self.c5(F.silu(self.c4(z)))).squeeze(2).transpose(1, 2))
        return steps if self.training else torch.softmax(steps / self.temperature, -1)
