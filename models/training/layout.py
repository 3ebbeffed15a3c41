"""Rewrites an ONNX graph so that OnnxRuntime keeps all of its maps in the layout in which its convolutions are fast (channels in blocks of 16).

What breaks that layout is said otherwise, with the same result but for the rounding of 32-bit floats:

- a pad with a constant before a convolution: conv(pad(x, c)) = conv(x - c padded with nought) + c * sum(weights), and x - c is a batch normalisation;
- a scalar factor or summand: a batch normalisation too;
- a mean over height and width: a global average pool;
- a pad by nothing: nothing.

    python3 layout.py model.onnx
"""
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper


class Graph:
    """An ONNX graph with what makes each of its values."""

    def __init__(self, graph):
        self.graph = graph
        self.initializers = {i.name: i for i in graph.initializer}
        self.makers = {o: n for n in graph.node for o in n.output}

    def constant(self, name):
        """The array of that name; None if it is none."""
        if name in self.initializers:
            return numpy_helper.to_array(self.initializers[name])
        node = self.makers.get(name)
        if node is None:
            return None
        if node.op_type == "Constant":
            return numpy_helper.to_array(node.attribute[0].t)
        if node.op_type == "Cast" and (value := self.constant(node.input[0])) is not None:
            return value.astype(onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[node.attribute[0].i])
        return None

    def users(self, name):
        return [n for n in self.graph.node if name in n.input]

    def add(self, name, values):
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def replace(self, node, by):
        at = list(self.graph.node).index(node)
        self.graph.node.remove(node)
        self.graph.node.insert(at, by)
        self.makers.update({o: by for o in by.output})

    def rename(self, name, to):
        for user in self.users(name):
            user.input[:] = [to if i == name else i for i in user.input]

    def affine(self, node, source, scale, shift, channels):
        """Puts scale * source + shift in the place of a node."""
        name = node.output[0]
        given = [self.add(f"{name}.{part}", np.full(channels, value)) for part, value in (("scale", scale), ("shift", shift), ("mean", 0), ("variance", 1))]
        self.replace(node, helper.make_node("BatchNormalization", [source, *given], [name], name=node.name, epsilon=0.0))

    def sweep(self):
        """Removes what nobody uses."""
        used = {o.name for o in self.graph.output}
        for node in reversed(list(self.graph.node)):
            if used.isdisjoint(node.output):
                self.graph.node.remove(node)
            else:
                used.update(node.input)
        for weight in [i for i in self.graph.initializer if i.name not in used]:
            self.graph.initializer.remove(weight)


def attribute(node, name):
    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), None)


def channels_of(graph, name):
    """How many channels a map has that a convolution made, whatever was done to it since; None if none did."""
    node = graph.makers.get(name)
    while node is not None and node.op_type in ("HardSwish", "Relu", "Mul", "Add", "BatchNormalization"):
        node = graph.makers.get(next((i for i in node.input if graph.constant(i) is None), ""))
    return graph.constant(node.input[1]).shape[0] if node is not None and node.op_type == "Conv" else None


def pads(graph):
    for pad in [n for n in graph.graph.node if n.op_type == "Pad"]:
        users = graph.users(pad.output[0])
        if len(users) != 1:
            continue
        if users[0].op_type == "AveragePool":
            # PyTorch writes one by nothing before each.
            graph.rename(pad.output[0], pad.input[0])
        elif users[0].op_type == "Conv" and not any(attribute(users[0], "pads")):
            (conv,), kernel = users, attribute(users[0], "kernel_shape")
            value, weights, bias = float(graph.constant(pad.input[2])), graph.constant(conv.input[1]), graph.initializers[conv.input[2]]
            next(a for a in conv.attribute if a.name == "pads").ints[:] = [kernel[0] // 2, kernel[1] // 2] * 2
            raised = numpy_helper.to_array(bias) + value * weights.astype(np.float64).sum((1, 2, 3))
            bias.CopyFrom(numpy_helper.from_array(raised.astype(np.float32), bias.name))
            graph.affine(pad, pad.input[0], 1, -value, weights.shape[1] * attribute(conv, "group"))


def scalars(graph):
    for product in [n for n in graph.graph.node if n.op_type == "Mul"]:
        users = graph.users(product.output[0])
        scale, channels = scalar(graph, product), channels_of(graph, product.input[0])
        if scale is None or channels is None or len(users) != 1 or users[0].op_type != "Add" or (shift := scalar(graph, users[0])) is None:
            continue
        graph.affine(users[0], product.input[0], scale, shift, channels)


def scalar(graph, node):
    value = graph.constant(node.input[1])
    return float(value) if value is not None and value.size == 1 else None


def means(graph):
    for mean in [n for n in graph.graph.node if n.op_type == "ReduceMean"]:
        if attribute(mean, "axes") == [2, 3] and attribute(mean, "keepdims") != 0:
            graph.replace(mean, helper.make_node("GlobalAveragePool", mean.input[:1], mean.output, name=mean.name))


def blocked(path, steps=(pads, scalars, means), out=None):
    """Rewrites a file."""
    model = onnx.load(path)
    graph = Graph(model.graph)
    for step in steps:
        step(graph)
    graph.sweep()
    onnx.checker.check_model(model)
    onnx.save(model, out or path)


if __name__ == "__main__":
    blocked(sys.argv[1])
