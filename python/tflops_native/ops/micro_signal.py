"""The signal library of TensorFlow Lite for Microcontrollers: the front end of speech models.

All but the transforms work on integers. Options are FlexBuffer maps.
"""

from dataclasses import dataclass

from tflops_native.ops._op import NO_ARITHMETIC, Cost, Inferred, Op, register
from tflops_native.ops.families import family
from tflops_native.ops.geometry import with_rank
from tflops_native.ops.tensor_spec import Shape, TensorSpec


def _frames(input: TensorSpec, step: int) -> int:
    """How many steps the innermost axis has."""
    if not input.shape or step < 1 or input.shape[-1] < step or input.shape[-1] % step:
        raise ValueError(
            f"`input` {list(input.shape)} must have an innermost axis of a multiple of "
            f"`frame_step` {step}"
        )
    return input.shape[-1] // step


@register("SignalDelay", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class SignalDelay(Op):
    """The signal, some samples later: a buffer is kept from one run to the next.

    input    any shape, samples innermost
    output   the same shape

    Moves data, no arithmetic.
    Source   signal/micro/kernels/delay.cc, DelayEval
    """

    delay_length: int = 0

    def infer(self, input: TensorSpec) -> Inferred:
        return Inferred(outputs=(input.shape,), cost=NO_ARITHMETIC)


@register("SignalFramer", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class SignalFramer(Op):
    """Overlapping frames of a signal: a buffer is kept from one run to the next.

    input    [..., steps * frame_step]
    outputs  [..., steps, frame_size]; whether they are valid, a scalar

    Moves data, no arithmetic.
    Source   signal/micro/kernels/framer.cc, FramerPrepare and FramerEval
    """

    frame_size: int
    frame_step: int

    def infer(self, input: TensorSpec) -> Inferred:
        steps = _frames(input, self.frame_step)
        if self.frame_size < 1:
            raise ValueError(f"`frame_size` must be 1 or more, got {self.frame_size}")
        frames = (*input.shape[:-1], steps, self.frame_size)
        return Inferred(outputs=(frames, ()), cost=NO_ARITHMETIC)


@register("SignalStacker", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class SignalStacker(Op):
    """Features of some neighbouring frames side by side: a buffer is kept from one run to the next.

    input    [num_channels]
    outputs  [num_channels * (stacker_left_context + stacker_right_context + 1)]; whether it is
             valid, a scalar

    Moves data, no arithmetic.
    Source   signal/micro/kernels/stacker.cc, StackerInit and StackerEval
    """

    num_channels: int
    stacker_left_context: int
    stacker_right_context: int

    def infer(self, input: TensorSpec) -> Inferred:
        with_rank(input, 1, "input")
        frames = self.stacker_left_context + self.stacker_right_context + 1
        if min(self.num_channels, self.stacker_left_context, self.stacker_right_context) < 0:
            raise ValueError("`num_channels` and the contexts must be 0 or more")
        return Inferred(outputs=((self.num_channels * frames,), ()), cost=NO_ARITHMETIC)


@register("SignalWindow", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class SignalWindow(Op):
    """Frames times a window.

    input    [..., size]
    weights  [size]
    output   the shape of `input`

    Other    4 per element: multiplication, shift, and a clamp (two comparisons)
    Source   signal/micro/kernels/window.cc, WindowPrepare; signal/src/window.cc, ApplyWindow
    """

    def infer(self, input: TensorSpec, weights: TensorSpec) -> Inferred:
        (size,) = with_rank(weights, 1, "weights")
        if not input.shape or input.shape[-1] != size:
            raise ValueError(
                f"`input` {list(input.shape)} must have an innermost axis of {size}, the size of "
                "`weights`"
            )
        return Inferred(outputs=(input.shape,), cost=Cost(scalar_ops=4) * input.size)


@register("SignalOverlapAdd", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class SignalOverlapAdd(Op):
    """A signal from overlapping frames: a buffer is kept from one run to the next.

    input    [..., frames, size]
    output   [..., frames * frame_step]

    Other    1 addition per element of `input`; of integers 3, with a clamp
    Source   signal/micro/kernels/overlap_add.cc, OverlapAddPrepare; signal/src/overlap_add.cc
    """

    frame_step: int

    def infer(self, input: TensorSpec) -> Inferred:
        if len(input.shape) < 2 or self.frame_step < 1 or self.frame_step > input.shape[-1]:
            raise ValueError(
                f"`input` {list(input.shape)} must be [..., frames, size] with a size of "
                f"`frame_step` {self.frame_step} or more"
            )
        *outer, frames, _ = input.shape
        per_element = Cost(scalar_ops=1 if input.is_float else 3)
        return Inferred(
            outputs=((*outer, frames * self.frame_step),), cost=per_element * input.size
        )


@register("SignalFftAutoScale", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class SignalFftAutoScale(Op):
    """The signal scaled to use all bits.

    input    [size]
    outputs  [size]; the number of bits, a scalar

    Other    3 per element: its magnitude, the comparison with the largest, and a multiplication
    Source   signal/micro/kernels/fft_auto_scale_common.cc; signal/src/fft_auto_scale.cc
    """

    def infer(self, input: TensorSpec) -> Inferred:
        with_rank(input, 1, "input")
        return Inferred(outputs=(input.shape, ()), cost=Cost(scalar_ops=3) * input.size)


def _transform(fft_length: int) -> int:
    """Operations of a transform of real numbers: half of a complex one, n / 2 * log2(n) butterflies."""
    if fft_length < 2 or fft_length & (fft_length - 1):
        raise ValueError(f"`fft_length` must be a power of two from 2 on, got {fft_length}")
    return 5 * fft_length * (fft_length.bit_length() - 1) // 2


@dataclass(frozen=True, slots=True)
class SignalTransform(Op):
    """Fourier transform of real frames, or its inverse, by the fast algorithm.

    input    [..., size]: SignalRfft fills frames up to fft_length with zeros; SignalIrfft takes
             pairs (real, imaginary), fft_length + 2
    output   [..., fft_length + 2] as such pairs; SignalIrfft [..., fft_length]

    Other    2.5 * fft_length * log2(fft_length) for each frame, as RFFT2D
    Source   signal/micro/kernels/rfft.cc and irfft.cc, Prepare and Eval
    """

    is_inverse: bool
    fft_length: int

    def infer(self, input: TensorSpec) -> Inferred:
        operations = _transform(self.fft_length)
        pairs = self.fft_length + 2
        if not input.shape:
            raise ValueError("`input` must have an axis of samples, but is a scalar")
        size = input.shape[-1]
        if self.is_inverse and size != pairs:
            raise ValueError(f"frames must have {pairs} numbers, got {size}")
        if not self.is_inverse and size > self.fft_length:
            raise ValueError(f"frames of {size} are longer than `fft_length` {self.fft_length}")
        frames = 1
        for length in input.shape[:-1]:
            frames *= length
        output: Shape = (*input.shape[:-1], self.fft_length if self.is_inverse else pairs)
        return Inferred(outputs=(output,), cost=Cost(scalar_ops=frames * operations))


family(
    SignalTransform,
    {
        "SignalRfft": ("flexbuffer", {"is_inverse": False}),
        "SignalIrfft": ("flexbuffer", {"is_inverse": True}),
    },
)


@register("SignalEnergy", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class SignalEnergy(Op):
    """Energy of each frequency of a spectrum, from start_index to end_index.

    input    [2 * frequencies], pairs (real, imaginary)
    output   [frequencies]

    Other    3 per frequency in the range: two squares and their sum
    Source   signal/micro/kernels/energy.cc, EnergyEval; signal/tensorflow_core/ops/energy_op.cc
    """

    end_index: int
    start_index: int = 0

    def infer(self, input: TensorSpec) -> Inferred:
        (numbers,) = with_rank(input, 1, "input")
        frequencies = numbers // 2
        if not 0 <= self.start_index <= self.end_index <= frequencies:
            raise ValueError(
                f"frequencies {self.start_index} to {self.end_index} are not among {frequencies}"
            )
        counted = self.end_index - self.start_index
        return Inferred(outputs=((frequencies,),), cost=Cost(scalar_ops=3) * counted)


@register("SignalFilterBank", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class SignalFilterBank(Op):
    """Energies of overlapping bands of frequencies.

    input                     [frequencies]
    weights                   what a frequency adds to its band
    unweights                 what it adds to the next one
    channel_frequency_starts  [num_channels + 1]
    channel_weight_starts     [num_channels + 1]
    channel_widths            [num_channels + 1], known
    output                    [num_channels]

    MACs     2 * sum of `channel_widths`
    Source   signal/micro/kernels/filter_bank.cc, FilterBankEval; signal/src/filter_bank.cc
    """

    num_channels: int

    def infer(
        self,
        input: TensorSpec,
        weights: TensorSpec,
        unweights: TensorSpec,
        channel_frequency_starts: TensorSpec,
        channel_weight_starts: TensorSpec,
        channel_widths: TensorSpec,
    ) -> Inferred:
        with_rank(input, 1, "input")
        bands = self.num_channels + 1
        starts = (channel_frequency_starts, channel_weight_starts, channel_widths)
        if self.num_channels < 0 or any(tensor.size < bands for tensor in starts):
            raise ValueError(f"starts and widths must be {bands}, one more than the channels")
        widths = channel_widths.required_integers("channel_widths")[:bands]
        macs = 2 * sum(max(width, 0) for width in widths)
        return Inferred(outputs=((self.num_channels,),), cost=Cost(macs=macs))


@register("SignalFilterBankSquareRoot", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class SignalFilterBankSquareRoot(Op):
    """Square roots of the bands, shifted right.

    input       [channels]
    scale_bits  scalar
    output      [channels]

    Other    2 per channel: a square root and a shift
    Source   signal/micro/kernels/filter_bank_square_root_common.cc; signal/src/filter_bank_square_root.cc
    """

    def infer(self, input: TensorSpec, scale_bits: TensorSpec) -> Inferred:
        with_rank(input, 1, "input")
        return Inferred(outputs=(input.shape,), cost=Cost(scalar_ops=2) * input.size)


@register("SignalFilterBankSpectralSubtraction", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class SignalFilterBankSpectralSubtraction(Op):
    """The bands less their smoothed noise, which is kept from one run to the next.

    input    [channels]
    outputs  [channels]; the estimate of the noise, [channels]

    Other    11 per channel: scaling (1), smoothing (4), the smaller of noise and signal (1), the
             least that remains (2), subtraction (2), and the larger of both (1)
    Source   signal/micro/kernels/filter_bank_spectral_subtraction.cc;
             signal/src/filter_bank_spectral_subtraction.cc
    """

    def infer(self, input: TensorSpec) -> Inferred:
        with_rank(input, 1, "input")
        return Inferred(outputs=(input.shape,) * 2, cost=Cost(scalar_ops=11) * input.size)


@register("SignalPCAN", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class SignalPcan(Op):
    """Automatic gain control of each channel: a gain looked up by the noise, and a soft threshold.

    input           [channels]
    noise_estimate  [channels]
    gain_lut        vector
    output          [channels]

    Other    13 per channel: interpolation of the gain (8), its product with the signal (2), and
             the threshold (3); finding the segment of the table is not counted
    Source   signal/micro/kernels/pcan.cc, PcanPrepare; signal/src/pcan_argc_fixed.cc
    """

    def infer(
        self, input: TensorSpec, noise_estimate: TensorSpec, gain_lut: TensorSpec
    ) -> Inferred:
        with_rank(input, 1, "input")
        if noise_estimate.shape != input.shape:
            raise ValueError(
                f"`noise_estimate` {list(noise_estimate.shape)} must have the shape of `input`, "
                f"{list(input.shape)}"
            )
        return Inferred(outputs=(input.shape,), cost=Cost(scalar_ops=13) * input.size)


@register("SignalFilterBankLog", options="flexbuffer")
@dataclass(frozen=True, slots=True)
class SignalFilterBankLog(Op):
    """Logarithms of the bands.

    input    [channels]
    output   [channels]

    Other    3 per channel (a shift, the comparison with 1, and with the largest result), and 1
             logarithm
    Source   signal/micro/kernels/filter_bank_log.cc; signal/src/filter_bank_log.cc
    """

    def infer(self, input: TensorSpec) -> Inferred:
        with_rank(input, 1, "input")
        per_channel = Cost(scalar_ops=3, transcendentals=1)
        return Inferred(outputs=(input.shape,), cost=per_channel * input.size)
