"""Write `tests/models/pytorch_twins.json`: what PyTorch counts for networks that `tests/models/` holds.

    python tools/count_pytorch_twins.py

The networks are written out here a second time, after their papers and with PyTorch's own layers, run once
on zeros and counted by PyTorch's profiler (`with_flops`), which knows convolutions and matrix products.
Needs the package `torch`; nothing of `tflops_native` is used.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

PAGE = Path(__file__).parent.parent / "tests" / "models" / "pytorch_twins.json"
CLASSES = 1000
SIDE = 224


def unit(inputs: int, outputs: int, side: int, stride: int = 1, groups: int = 1) -> nn.Module:
    """A convolution, its normalization and ReLU."""
    convolution = nn.Conv2d(
        inputs, outputs, side, stride, padding=side // 2, groups=groups, bias=False
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


def head(features: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, CLASSES)]


def mobilenet_v1() -> nn.Module:
    """arXiv:1704.04861, table 1."""
    layers, channels = [unit(3, 32, 3, 2)], 32
    for outputs, stride in [
        *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
        *[(512, 1)] * 5,
        *((1024, 2), (1024, 1)),
    ]:
        layers += [unit(channels, channels, 3, stride, channels), unit(channels, outputs, 1)]
        channels = outputs
    return nn.Sequential(*layers, *head(channels))


class Sum(nn.Module):  # type: ignore[misc]
    """A block with a path around it."""

    def __init__(self, block: nn.Module, around: nn.Module | None = None) -> None:
        super().__init__()
        self.block, self.around = block, around

    def forward(self, x: Any) -> Any:
        return self.block(x) + (x if self.around is None else self.around(x))


def mobilenet_v2() -> nn.Module:
    """arXiv:1801.04381, table 2."""
    layers, channels = [unit(3, 32, 3, 2)], 32
    for factor, outputs, blocks, first_stride in [
        *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
        *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
    ]:
        for number in range(blocks):
            stride, wide = first_stride if number == 0 else 1, channels * factor
            expansion = [unit(channels, wide, 1)] if factor > 1 else []
            block = nn.Sequential(
                *expansion, unit(wide, wide, 3, stride, wide), unit(wide, outputs, 1)
            )
            layers.append(Sum(block) if stride == 1 and channels == outputs else block)
            channels = outputs
    return nn.Sequential(*layers, unit(channels, 1280, 1), *head(1280))


def resnet50() -> nn.Module:
    """arXiv:1512.03385, table 1: the stride is in the first convolution of a block."""
    layers: list[nn.Module] = [unit(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for width, blocks, first_stride in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        for number in range(blocks):
            stride = first_stride if number == 0 else 1
            block = nn.Sequential(
                unit(channels, width, 1, stride), unit(width, width, 3), unit(width, 4 * width, 1)
            )
            around = unit(channels, 4 * width, 1, stride) if number == 0 else None
            layers.append(Sum(block, around))
            channels = 4 * width
    return nn.Sequential(*layers, *head(channels))


def densenet121() -> nn.Module:
    """arXiv:1608.06993, table 1, growth 32."""

    class Grown(nn.Module):  # type: ignore[misc]
        def __init__(self, inputs: int) -> None:
            super().__init__()
            self.block = nn.Sequential(
                nn.BatchNorm2d(inputs),
                nn.ReLU(),
                unit(inputs, 128, 1),
                nn.Conv2d(128, 32, 3, padding=1, bias=False),
            )

        def forward(self, x: Any) -> Any:
            return torch.cat([x, self.block(x)], 1)

    layers: list[nn.Module] = [unit(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for blocks in (6, 12, 24, 16):
        for _ in range(blocks):
            layers.append(Grown(channels))
            channels += 32
        if blocks != 16:
            layers += [unit(channels, channels // 2, 1), nn.AvgPool2d(2)]
            channels //= 2
    return nn.Sequential(*layers, *head(channels))


def macs(network: nn.Module) -> int:
    """Half of the floating-point operations that PyTorch's profiler counts for one image of zeros."""
    network.eval()
    image = torch.zeros(1, 3, SIDE, SIDE)
    with torch.no_grad(), profile(activities=[ProfilerActivity.CPU], with_flops=True) as found:
        network(image)
    named = ("aten::conv2d", "aten::addmm", "aten::mm", "aten::bmm")
    total = sum(event.flops or 0 for event in found.key_averages() if event.key in named)
    if total % 2:
        raise ValueError(f"PyTorch counts {total} operations, which are no whole number of MACs")
    return int(total) // 2


def main() -> None:
    networks = (mobilenet_v1, mobilenet_v2, resnet50, densenet121)
    counted = {make.__name__: macs(make()) for make in networks}
    found = {"torch": torch.__version__, "macs": counted}
    PAGE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
