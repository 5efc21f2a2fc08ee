"""The base of our option types, under any click from 8.2 on."""

from typing import TYPE_CHECKING, Any, TypeAlias

import click

if TYPE_CHECKING:
    ParamType: TypeAlias = click.ParamType[Any]
else:
    # Before 8.4 it is generic neither to Python nor to type checkers.
    ParamType = click.ParamType
