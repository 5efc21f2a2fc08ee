"""Random graphs of operators that runtimes plan memory for: branches, joins, views, scratch, dead ends."""

import math
import random

import numpy as np

from builders import ModelBuilder, options, quantization

SIZES = (1, 2, 3, 4, 6, 8, 12)


class RandomGraph:
    """One model; `given` holds the values of inputs that decide on shapes."""

    def __init__(self, seed, operators=None):
        self.random = random.Random(seed)
        self.builder = ModelBuilder()
        self.graph = self.builder.graph()
        self.shapes = {}
        self.given = []
        for _ in range(self.random.randint(1, 3)):
            self.input(self.shape())
        for _ in range(operators or self.random.randint(3, 40)):
            self.random.choice(STEPS)(self)
        made = list(self.shapes)
        count = self.random.randint(1, 3)
        self.graph.outputs = self.random.sample(made, min(count, len(made)))

    def pack(self):
        return self.builder.pack()

    def shape(self):
        return tuple(self.random.choice(SIZES) for _ in range(self.random.choice((1, 2, 3, 4))))

    def input(self, shape):
        index = self.graph.input(shape, "FLOAT32")
        self.shapes[index] = shape
        self.given.append(np.ones(shape, np.float32))
        return index

    def pick(self, rank=None):
        """A tensor, one of the later ones more likely; a new input if there is none of this rank."""
        found = [i for i, shape in self.shapes.items() if rank is None or len(shape) == rank]
        if not found:
            return self.input(tuple(self.random.choice(SIZES) for _ in range(rank)))
        return found[-1 - min(int(self.random.expovariate(0.3)), len(found) - 1)]

    def add(self, name, inputs, shapes, fields=None):
        outputs = [self.graph.tensor(shape, "FLOAT32") for shape in shapes]
        self.graph.operator(name, inputs, outputs, fields)
        self.shapes.update(zip(outputs, shapes, strict=True))


def unary(g):
    x = g.pick()
    name = g.random.choice(("ABS", "SOFTMAX", "LOGISTIC", "NEG", "RELU", "RELU6"))
    fields = {"ABS": "AbsOptions", "SOFTMAX": "SoftmaxOptions", "NEG": "NegOptions"}.get(name)
    more = {"beta": 1.0} if name == "SOFTMAX" else {}
    g.add(name, [x], [g.shapes[x]], options(fields, **more) if fields else None)


def binary(g):
    x = g.pick()
    shape = g.shapes[x]
    same = [i for i, other in g.shapes.items() if other == shape]
    y = g.random.choice(same)
    if g.random.random() < 0.3:
        other = tuple(g.random.choice((1, length)) for length in shape)
        y = g.graph.constant(np.ones(other, np.float32), "FLOAT32")
    name = g.random.choice(("Add", "Sub", "Mul", "Div"))
    pair = [x, y] if g.random.random() < 0.7 else [y, x]
    g.add(name.upper(), pair, [shape], options(f"{name}Options"))


def join(g):
    x = g.pick()
    rest = g.shapes[x][:-1]
    found = [i for i, shape in g.shapes.items() if shape[:-1] == rest]
    parts = [x, *g.random.choices(found, k=g.random.randint(1, 2))]
    shape = (*rest, sum(g.shapes[i][-1] for i in parts))
    g.add("CONCATENATION", parts, [shape], options("ConcatenationOptions", axis=len(rest)))


def split(g):
    x = g.pick()
    shape = g.shapes[x]
    counts = [n for n in (2, 3, 4) if shape[-1] % n == 0]
    if counts:
        count = g.random.choice(counts)
        axis = g.graph.constant(np.array(len(shape) - 1, np.int32), "INT32")
        parts = [(*shape[:-1], shape[-1] // count)] * count
        g.add("SPLIT", [axis, x], parts, options("SplitOptions", num_splits=count))


def view(g):
    x = g.pick()
    shape = g.shapes[x]
    if g.random.random() < 0.5 and len(shape) < 5:
        axis = g.graph.constant(np.array(0, np.int32), "INT32")
        g.add("EXPAND_DIMS", [x, axis], [(1, *shape)], options("ExpandDimsOptions"))
    else:
        flat = (math.prod(shape[:-1]), shape[-1])
        wanted = g.graph.constant(np.array(flat, np.int32), "INT32")
        g.add("RESHAPE", [x, wanted], [flat], options("ReshapeOptions", new_shape=list(flat)))


def dense(g):
    x = g.pick(2)
    rows, depth = g.shapes[x]
    units = g.random.choice(SIZES)
    is_hybrid = g.random.random() < 0.4
    kind = np.int8 if is_hybrid else np.float32
    more = {}
    if is_hybrid:
        more = {"quantization": quantization(scale=[0.5], zeroPoint=[0])}
    weights = g.graph.constant(np.ones((units, depth), kind), kind.__name__.upper(), **more)
    bias = g.graph.constant(np.ones(units, np.float32), "FLOAT32")
    g.add("FULLY_CONNECTED", [x, weights, bias], [(rows, units)], options("FullyConnectedOptions"))


def convolution(g):
    x = g.pick(4)
    batch, height, width, channels = g.shapes[x]
    made, window = g.random.choice(SIZES), g.random.choice((1, 3))
    weights = g.graph.constant(np.ones((made, window, window, channels), np.float32), "FLOAT32")
    bias = g.graph.constant(np.ones(made, np.float32), "FLOAT32")
    fields = options("Conv2DOptions", padding=0, stride_h=1, stride_w=1)
    g.add("CONV_2D", [x, weights, bias], [(batch, height, width, made)], fields)


def mean(g):
    x = g.pick()
    shape = g.shapes[x]
    axis = g.graph.constant(np.array([len(shape) - 1], np.int32), "INT32")
    g.add("MEAN", [x, axis], [(*shape[:-1], 1)], options("ReducerOptions", keep_dims=True))


def product(g):
    x = g.pick(3)
    batch, rows, _ = g.shapes[x]
    fields = options("BatchMatMulOptions", adj_y=True)
    g.add("BATCH_MATMUL", [x, x], [(batch, rows, rows)], fields)


def repeat(g):
    """The number of repetitions is an input: the size of the output is known only during a run."""
    x = g.pick()
    shape = g.shapes[x]
    counts = g.graph.input((len(shape),), "INT32")
    times = [1] * len(shape)
    times[-1] = g.random.choice((1, 2))
    g.given.append(np.array(times, np.int32))
    g.add("TILE", [x, counts], [(*shape[:-1], shape[-1] * times[-1])], options("TileOptions"))


STEPS = (
    *(unary, unary, unary, binary, binary, binary, join, split, split, view, view),
    *(dense, convolution, mean, product, repeat),
)
