"""How a model of TensorFlow becomes a TensorFlow Lite model: what is asked for, and what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from tflops_native.checks import one_of
from tflops_native.errors import OptionError

QUANTIZATIONS = ("none", "float16", "dynamic", "int8", "int16x8")
# Those for which the converter runs the model on data, to see the ranges of its values.
CALIBRATED = ("int8", "int16x8")
RANDOM = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class KerasLayer:
    """A layer of a Keras model that holds no other layers.

    path        its name behind those of the models that it lies in: "backbone/conv"
    class_name  "Conv2D", say
    parameters  as `count_params()` of the layer says
    """

    path: str
    class_name: str
    parameters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What a model was before it was converted, and how that was done.

    source        its file or name
    kind          "Keras", "SavedModel", "function", "module" or "converter"
    quantization  as asked for: "none", "float16", "dynamic", "int8" or "int16x8"; None: by a converter
                  that was set up elsewhere
    calibration   data that the ranges of int8 values are from: a file, or "random"; None without
    tensorflow    version of TensorFlow
    layers        those of a Keras model, in its order
    """

    source: str
    kind: str
    quantization: str | None
    calibration: str | None = None
    tensorflow: str
    layers: tuple[KerasLayer, ...] = ()

    @property
    def quantization_text(self) -> str | None:
        """For people: "float32", "dynamic-range int8"."""
        return {"none": "float32", "dynamic": "dynamic-range int8"}.get(
            self.quantization or "", self.quantization
        )

    @property
    def text(self) -> str:
        """For people: "converted from model.keras, float32, TensorFlow 2.21.0"."""
        how = self.quantization_text
        data = None if self.calibration is None else f"calibrated on {self.calibration}"
        if self.calibration == RANDOM:
            data = f"{data} data"
        words = (self.source, how, data, f"TensorFlow {self.tensorflow}")
        return "converted from " + ", ".join(word for word in words if word)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionOptions:
    """How to convert.

    quantize        one of `QUANTIZATIONS`
    representative  a .npz file with an array for each input, one sample per index of the first
                    dimension; random data if None. For "int8" and "int16x8" only.
    """

    quantize: str = "none"
    representative: str | None = None

    @property
    def calibration(self) -> str | None:
        """As `Conversion.calibration`."""
        if self.quantize not in CALIBRATED:
            return None
        return RANDOM if self.representative is None else PurePath(self.representative).name

    def __post_init__(self) -> None:
        one_of("quantize", self.quantize, QUANTIZATIONS)
        if self.representative is not None and self.quantize not in CALIBRATED:
            raise OptionError(
                f"representative data is for quantize {' or '.join(CALIBRATED)}, not {self.quantize!r}"
            )


def conversions(
    quantizations: Sequence[str], representative: str | None
) -> tuple[ConversionOptions, ...]:
    """One for each quantization; the data goes to those that need it.

    Raises:
        OptionError: there is no such quantization, or data and none that needs it.
    """
    for name in quantizations:
        one_of("quantize", name, QUANTIZATIONS)
    needing = [name for name in quantizations if name in CALIBRATED]
    return tuple(
        ConversionOptions(
            quantize=name, representative=representative if name in needing or not needing else None
        )
        for name in quantizations
    )
