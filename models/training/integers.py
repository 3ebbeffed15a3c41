"""Convolutions in 8-bit integers: rehearsed in training, and written into an exported ONNX file.

Weights have a scale for each channel, activations one for each tensor, from what they are on rendered pictures (QuantizeLinear and
DequantizeLinear around a convolution, which OnnxRuntime makes one integer operator of). What isn't a convolution stays as it is.
"""
import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn

WEIGHTS = 63  # the greatest: two products with a byte then fit the 16 bits in which processors without VNNI add them


def convolutions(model):
    return [m for m in model.modules() if isinstance(m, nn.Conv2d)]


def ranges(model, examples):
    """For each convolution a row: the means of its input's and of its output's least and greatest value, whether it looks at more than one place, and its place in the order of execution."""
    model.eval()
    seen = {}

    def note(module, given, result):
        x, y = given[0], result
        known = seen.setdefault(module, [np.zeros(4), 0, x.shape[2] * x.shape[3] > 1, len(seen)])
        known[0] += (x.min().item(), x.max().item(), y.min().item(), y.max().item())
        known[1] += 1

    hooks = [m.register_forward_hook(note) for m in convolutions(model)]
    with torch.no_grad():
        for x in examples:
            model(x)
    for hook in hooks:
        hook.remove()
    return torch.tensor([[*total / count, wide, place] for total, count, wide, place in (seen[m] for m in convolutions(model))], dtype=torch.float32)


def rehearse(model, rows, chosen):
    """From now on the chosen convolutions' inputs and outputs have the values alone that integers have; rows: what ranges() says; chosen: places in the order of execution."""

    def rounded(low, high):
        scale, zero = _scale(low, high)
        return lambda x: torch.fake_quantize_per_tensor_affine(x.float(), float(scale), int(zero), 0, 255)

    for module, (x_low, x_high, y_low, y_high, wide, place) in zip(convolutions(model), rows.tolist()):
        if place in chosen and wide:
            before, after = rounded(x_low, x_high), rounded(y_low, y_high)
            module.register_forward_pre_hook(lambda _, given, before=before: (before(given[0]),))
            module.register_forward_hook(lambda _, given, result, after=after: after(result))


def _scale(low, high):
    low, high = min(low, 0.0), max(high, 0.0)
    scale = max(high - low, 1e-6) / 255
    return np.float32(scale), np.uint8(np.clip(round(-low / scale), 0, 255))


def quantise(path, rows, chosen):
    """Rewrites the file; rows: what ranges() says of its model; chosen: places in the order of execution of the convolutions that are to be integers."""
    known = sorted(rows.tolist(), key=lambda row: row[-1])
    model = onnx.load(path)
    graph = model.graph
    weights = {i.name: i for i in graph.initializer}
    nodes, inputs = [], {}

    def constant(name, value):
        graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def through(x, name, low, high):
        scale, zero = _scale(low, high)
        s, z = constant(name + ".scale", scale), constant(name + ".zero", zero)
        nodes.append(helper.make_node("QuantizeLinear", [x, s, z], [name + ".bytes"]))
        nodes.append(helper.make_node("DequantizeLinear", [name + ".bytes", s, z], [name]))
        return scale

    order = {n.output[0]: k for k, n in enumerate(n for n in graph.node if n.op_type == "Conv")}
    if len(order) != len(known):
        raise ValueError(f"{path} has {len(order)} convolutions, its model {len(known)}.")
    for node in list(graph.node):
        k = order.get(node.output[0]) if node.op_type == "Conv" else None
        if k is None or k not in chosen or not known[k][4]:
            nodes.append(node)
            continue
        x_low, x_high, y_low, y_high = known[k][:4]
        x, y = node.input[0], node.output[0]
        if x not in inputs:
            inputs[x] = (f"in{k}", through(x, f"in{k}", x_low, x_high))
        name, scale = inputs[x]
        w = numpy_helper.to_array(weights[node.input[1]])
        bias = numpy_helper.to_array(weights[node.input[2]]) if len(node.input) > 2 else np.zeros(len(w))
        scales = np.maximum(np.abs(w).reshape(len(w), -1).max(1) / WEIGHTS, np.abs(bias) / (scale * 2 ** 30) + 1e-12).astype(np.float32)
        operands = [name, f"weight{k}", f"bias{k}"]
        nodes.append(helper.make_node("DequantizeLinear", [constant(f"weight{k}.bytes", np.round(w / scales[:, None, None, None]).astype(np.int8)), constant(f"weight{k}.scale", scales), constant(f"weight{k}.zero", np.zeros(len(w), np.int8))], [f"weight{k}"], axis=0))
        nodes.append(helper.make_node("DequantizeLinear", [constant(f"bias{k}.whole", np.round(bias / (scales * scale)).astype(np.int32)), constant(f"bias{k}.scale", scales * scale), constant(f"bias{k}.zero", np.zeros(len(w), np.int32))], [f"bias{k}"], axis=0))
        conv = helper.make_node("Conv", operands, [y + ".whole"], node.name)
        conv.attribute.extend(node.attribute)
        nodes.append(conv)
        s, z = _scale(y_low, y_high)
        s, z = constant(f"out{k}.scale", s), constant(f"out{k}.zero", z)
        nodes.append(helper.make_node("QuantizeLinear", [y + ".whole", s, z], [f"out{k}.bytes"]))
        nodes.append(helper.make_node("DequantizeLinear", [f"out{k}.bytes", s, z], [y]))
    del graph.node[:]
    graph.node.extend(nodes)
    used = {i for n in nodes for i in n.input}
    for weight in list(graph.initializer):
        if weight.name not in used:
            graph.initializer.remove(weight)
    onnx.checker.check_model(model)
    onnx.save(model, path)
