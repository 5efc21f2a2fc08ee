"""Random numbers, Fourier transforms, and features of text."""

from dataclasses import dataclass
from typing import ClassVar, Final

from tflops_native.model.schema import LSHProjectionType
from tflops_native.ops._op import NO_ARITHMETIC, Cost, Inferred, Op, register
from tflops_native.ops.geometry import size_of, with_rank
from tflops_native.ops.tensor_spec import Shape, TensorSpec, Value

MAX_HASH_BITS: Final = 32


def _random_shape(shape: TensorSpec) -> Shape:
    with_rank(shape, 1, "shape")
    lengths = shape.required_integers("shape")
    if min(lengths, default=0) < 0:
        raise ValueError(f"`shape` must not be negative, but is {list(lengths)}")
    return lengths


@register("RANDOM_UNIFORM", options="RandomOptions")
@dataclass(frozen=True, slots=True)
class RandomUniform(Op):
    """Random numbers between 0 and 1, all as likely.

    shape    vector
    output   this shape

    Other    one subtraction per element; what the generator does with bits is not counted
    Source   tflite/kernels/random_ops.cc, Prepare and GenerateRandomUniformNumbers
    """

    shape_role: ClassVar = "shape"

    def infer(self, shape: TensorSpec) -> Inferred:
        output = _random_shape(shape)
        return Inferred(outputs=(output,), cost=Cost(scalar_ops=size_of(output)))


@register("RANDOM_STANDARD_NORMAL", options="RandomOptions")
@dataclass(frozen=True, slots=True)
class RandomStandardNormal(Op):
    """Random numbers of the standard normal distribution.

    shape    vector
    output   this shape

    Other    per pair of elements: two uniform numbers (2), and 6 operations, a logarithm, a sine and
             a cosine to make them normal (Box-Muller); what the generator does with bits is not
             counted
    Source   tflite/kernels/random_ops.cc, Prepare and GenerateRandomStandardNormalNumbers
    """

    shape_role: ClassVar = "shape"

    def infer(self, shape: TensorSpec) -> Inferred:
        output = _random_shape(shape)
        pairs = (size_of(output) + 1) // 2
        return Inferred(outputs=(output,), cost=Cost(scalar_ops=8, transcendentals=3) * pairs)


@register("MULTINOMIAL", options="RandomOptions")
@dataclass(frozen=True, slots=True)
class Multinomial(Op):
    """Random class numbers, as likely as the logits of each row say.

    logits       [batch, classes]
    num_samples  scalar
    output       [batch, num_samples]

    Other    per logit: the largest, a subtraction, exp, a running sum; per sample: a uniform number,
             a multiplication, and the comparisons of a binary search
    Source   tflite/kernels/random_ops.cc, PrepareMultinomial and GenerateMultinomialNumbers
    """

    def value_from_outputs(self, role: str, outputs: tuple[Shape, ...]) -> Value | None:
        return outputs[0][-1:] if role == "num_samples" else None

    def infer(self, logits: TensorSpec, num_samples: TensorSpec) -> Inferred:
        batch, classes = with_rank(logits, 2, "logits")
        samples = num_samples.required_number("num_samples")
        if samples < 0:
            raise ValueError(f"`num_samples` must not be negative, but is {samples}")
        comparisons = classes.bit_length()
        return Inferred(
            outputs=((batch, samples),),
            cost=Cost(
                scalar_ops=batch * (3 * classes + samples * (2 + comparisons)),
                transcendentals=batch * classes,
            ),
        )


@register("RFFT2D", options="Rfft2dOptions")
@dataclass(frozen=True, slots=True)
class Rfft2D(Op):
    """Fourier transform of real matrices, by the fast algorithm.

    input       [..., rows, columns], cut or filled with zeros to [..., height, width]
    fft_length  [height, width], powers of two
    output      [..., height, width / 2 + 1], complex

    Other    for each matrix 2.5 * height * width * log2(width) and
             (width / 2 + 1) * 5 * height * log2(height): a complex transform of n elements has
             n / 2 * log2(n) butterflies of 10 operations, a real one half as many
    Source   tflite/kernels/rfft2d.cc, ResizeOutputandTemporaryTensors
    """

    def infer(self, input: TensorSpec, fft_length: TensorSpec) -> Inferred:
        if len(input.shape) < 2:
            raise ValueError(f"`input` must be matrices, but is {list(input.shape)}")
        lengths = fft_length.required_integers("fft_length")
        if len(lengths) != 2 or any(n < 1 or n & (n - 1) for n in lengths):
            raise ValueError(f"`fft_length` must be two powers of two, but is {list(lengths)}")
        height, width = lengths
        columns = width // 2 + 1
        steps_of_row, steps_of_column = width.bit_length() - 1, height.bit_length() - 1
        operations = 5 * height * width * steps_of_row // 2 + columns * 5 * height * steps_of_column
        leading = input.shape[:-2]
        return Inferred(
            outputs=((*leading, height, columns),),
            cost=Cost(scalar_ops=size_of(leading) * operations),
            arithmetic="float32",  # real operations on the parts of complex numbers
        )


@register("LSH_PROJECTION", options="LSHProjectionOptions")
@dataclass(frozen=True, slots=True)
class LshProjection(Op):
    """Hashes items to bits, so that what is alike gets the same bits.

    hash     [hashes, bits], seeds
    input    [items, ...]
    weight   [items]; may be left out
    output   [hashes] with type SPARSE, [hashes * bits] with type DENSE

    Other    per bit: one addition for each item, one multiplication by its weight, and a comparison;
             hashing and the packing of bits are not counted
    Source   tflite/kernels/lsh_projection.cc, Resize and RunningSignBit
    """

    type: LSHProjectionType

    def infer(
        self, hash: TensorSpec, input: TensorSpec, weight: TensorSpec | None = None
    ) -> Inferred:
        hashes, bits = with_rank(hash, 2, "hash")
        if bits > MAX_HASH_BITS:
            raise ValueError(f"`hash` must have at most {MAX_HASH_BITS} bits, but has {bits}")
        if not input.shape or input.shape[0] < 1:
            raise ValueError(f"`input` must have items, but is {list(input.shape)}")
        items = input.shape[0]
        if weight is not None and weight.shape != (items,):
            raise ValueError(f"`weight` must be [{items}], but is {list(weight.shape)}")
        if self.type is LSHProjectionType.UNKNOWN:
            raise ValueError("`type` must be SPARSE or DENSE, but is UNKNOWN")
        output = hashes if self.type is LSHProjectionType.SPARSE else hashes * bits
        per_bit = items * (1 if weight is None else 2) + 1
        return Inferred(outputs=((output,),), cost=Cost(scalar_ops=hashes * bits * per_bit))


@register("SKIP_GRAM", options="SkipGramOptions")
@dataclass(frozen=True, slots=True)
class SkipGram(Op):
    """Groups of neighbouring words of a sentence.

    input    one string
    output   vector of strings; its length depends on the words

    Moves data, no arithmetic.
    Source   tflite/kernels/skip_gram.cc, Prepare and Eval
    """

    def infer(self, input: TensorSpec) -> Inferred:
        return Inferred(
            outputs=(None,),
            cost=NO_ARITHMETIC,
            note="the words of its input decide how many groups there are",
            is_bound=True,
        )
