"""Random numbers, Fourier transforms, features of text."""

from configurations.case import Case, data, decides, scalar, weights
from configurations.drawing import generates, lengths

F32, INT32, INT64, STRING = "FLOAT32", "INT32", "INT64", "STRING"
SPARSE, DENSE = 1, 2


@generates("RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL")
def random_numbers(r, name):
    shape = lengths(r, r.randint(1, 4), 0 if r.random() < 0.1 else 1)
    return Case(name, (decides(shape),), {"seed": 1, "seed2": 2})


@generates("MULTINOMIAL")
def multinomial(r, name):
    logits = weights(lengths(r, 2))  # unless it is constant, the runtime waits with the shape
    return Case(name, (logits, scalar(r.randint(0, 5))), {"seed": 1, "seed2": 2}, (INT64,))


@generates("RFFT2D")
def rfft2d(r, name):
    shape = (*lengths(r, r.randint(0, 2)), *lengths(r, 2, 1, 9))
    lengths_of_fft = [2 ** r.randint(1, 4) for _ in range(2)]
    return Case(name, (data(shape), decides(lengths_of_fft)), {}, ("COMPLEX64",))


@generates("LSH_PROJECTION")
def lsh_projection(r, name):
    hashes, bits, items = lengths(r, 3)
    operands = [data((hashes, bits)), data((items, *lengths(r, r.randint(0, 2))), INT32)]
    if r.random() < 0.5:
        operands.append(data((items,)))
    return Case(name, tuple(operands), {"type": r.choice([SPARSE, DENSE])}, (INT32,))


@generates("SKIP_GRAM")
def skip_gram(r, name):
    options = {"ngram_size": r.randint(1, 3), "max_skip_size": r.randint(0, 2)}
    return Case(name, (data((1,), STRING),), options, (STRING,))
