"""Custom operators of language models and signals."""

from dataclasses import dataclass

from tflops_native.ops._op import NO_ARITHMETIC, Cost, Inferred, Op, register
from tflops_native.ops.delegate_events import ATTENTION, DelegateEvents
from tflops_native.ops.geometry import broadcast, size_of, with_rank
from tflops_native.ops.normalization import Softmax
from tflops_native.ops.signal import Rfft2D
from tflops_native.ops.tensor_spec import TensorSpec

DEFAULT_CACHE_ENTRIES = 2048


@register(
    "odml.scaled_dot_product_attention",
    options="flexbuffer",
    events=DelegateEvents(inner=ATTENTION),
)
@dataclass(frozen=True, slots=True)
class ScaledDotProductAttention(Op):
    """softmax(query * key * scale + mask) * value, for each head.

    Several heads of the query may share one of key and value. A causal mask saves nothing.

    query    [B, S, heads, D]
    key      [B, T, heads or fewer, D]
    value    [B, T, heads or fewer, V]
    mask     can be broadcast to [B, heads, S, T]
    output   [B, S, heads, V]

    MACs     B * heads * S * T * (D + V)
    Other    one multiplication per element of `query`; one addition and a softmax per logit, of
             which there are B * heads * S * T; with `logit_cap` 2 and a tanh more for each
    Source   tflite/experimental/genai/sdpa.cc, SDPAPrepare and SDPAEval
    """

    logit_cap: float = 0.0

    def infer(
        self, query: TensorSpec, key: TensorSpec, value: TensorSpec, mask: TensorSpec
    ) -> Inferred:
        batch, length, heads, depth = with_rank(query, 4, "query")
        key_batch, entries, key_heads, key_depth = with_rank(key, 4, "key")
        width = with_rank(value, 4, "value")[3]
        fits = (key_batch, key_depth) == (batch, depth) and value.shape[:3] == key.shape[:3]
        if not fits or not key_heads or heads % key_heads:
            raise ValueError(
                f"`query` {list(query.shape)}, `key` {list(key.shape)} and `value` "
                f"{list(value.shape)} do not fit each other"
            )
        logits = (batch, heads, length, entries)
        if broadcast(logits, mask.shape) != logits:
            raise ValueError(f"`mask` {list(mask.shape)} is larger than the logits {list(logits)}")
        elements = size_of(logits)
        cost = Cost(macs=elements * (depth + width), scalar_ops=query.size + elements)
        cost += Softmax(beta=1.0).infer(TensorSpec(logits, query.type)).cost
        if self.logit_cap:
            cost += Cost(scalar_ops=2, transcendentals=1) * elements
        return Inferred(outputs=((batch, length, heads, width),), cost=cost)


@register("odml.update_kv_cache", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class UpdateKvCache(Op):
    """Writes keys and values of new positions into caches, in place.

    position  [S]
    key       [1, S, heads, D]
    value     the shape of `key`
    outputs   both caches [1, kv_cache_max, heads, D]; kv_cache_max is 2048 unless given

    Moves data, no arithmetic. Only the new positions are written.
    Source   tflite/experimental/genai/kvcache.cc, KVCachePrepare
    """

    kv_cache_max: int = DEFAULT_CACHE_ENTRIES

    def infer(self, position: TensorSpec, key: TensorSpec, value: TensorSpec) -> Inferred:
        batch, length, heads, depth = with_rank(key, 4, "key")
        if batch != 1 or value.shape != key.shape or position.shape != (length,):
            raise ValueError(
                f"`position` {list(position.shape)}, `key` {list(key.shape)} and `value` "
                f"{list(value.shape)} must be [S], [1, S, heads, D] and the same"
            )
        entries = self.kv_cache_max if self.kv_cache_max > 0 else DEFAULT_CACHE_ENTRIES
        cache = (1, entries, heads, depth)
        return Inferred(
            outputs=(cache, cache),
            cost=NO_ARITHMETIC,
            bytes_written=key.bytes_of(key.size) + value.bytes_of(value.size),
        )


@register("IRFFT2D")
@dataclass(frozen=True, slots=True)
class Irfft2D(Op):
    """Inverse of the Fourier transform of real matrices, by the fast algorithm.

    input       [..., rows, columns], complex
    fft_length  [height, width], powers of two
    output      [..., height, width], real

    Other    for each matrix 2.5 * height * width * log2(width) and
             (width / 2 + 1) * 5 * height * log2(height), as RFFT2D
    Source   tflite/kernels/irfft2d.cc, ResizeOutputandTemporaryTensors
    """

    def infer(self, input: TensorSpec, fft_length: TensorSpec) -> Inferred:
        forward = Rfft2D().infer(input, fft_length)
        lengths = fft_length.required_integers("fft_length")
        return Inferred(outputs=((*input.shape[:-2], *lengths),), cost=forward.cost)


@register("Roll")
@dataclass(frozen=True, slots=True)
class Roll(Op):
    """The elements moved along axes; what leaves at one end comes in at the other.

    input    any shape
    shift    scalar or vector
    axis     as many numbers as `shift`
    output   the shape of `input`

    Moves data, no arithmetic.
    Source   tflite/kernels/roll.cc, Prepare
    """

    def infer(self, input: TensorSpec, shift: TensorSpec, axis: TensorSpec) -> Inferred:
        if shift.size != axis.size or len(shift.shape) > 1 or len(axis.shape) > 1:
            raise ValueError(
                f"`shift` {list(shift.shape)} and `axis` {list(axis.shape)} must be equally many"
            )
        return Inferred(outputs=(input.shape,), cost=NO_ARITHMETIC)
