"""The codec between dataclasses and plain data: what is written is read back, and fits the schema."""

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tflops_native.plain import to_plain
from tflops_native.plain_json import dump_json
from tflops_native.plain_reading import PlainDataError, from_plain
from tflops_native.plain_schema import json_schema

if TYPE_CHECKING:
    from elsewhere import Far


class Color(Enum):
    RED = "red"
    BLUE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    kind: Literal["circle"] = "circle"
    radius: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    kind: Literal["square"] = "square"
    side: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    mean_seconds: float
    runs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Samples of a thing.

    samples_ns   each of them, in nanoseconds,
                 as measured
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("total_ns",)

    samples_ns: tuple[int, ...]

    @property
    def total_ns(self) -> int:
        """Their sum."""
        return sum(self.samples_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A bit of everything.

    name, note   what people call it
    """

    name: str
    note: str | None
    flag: bool
    number: int | float | str | bool | None
    color: Color
    path: Path | None
    shape: tuple[int, ...] | None
    pair: tuple[int, str]
    shapes: Mapping[str, tuple[int, ...]]
    names: frozenset[str]
    figure: Circle | Square | None
    timing: Mean | Samples
    free: Any = None
    children: "tuple[Tree, ...]" = ()
    rule: object = field(default=None, metadata={"plain": False})


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    far: "Far | None"


finite = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=8)
shapes = st.lists(st.integers(-1, 2**40), max_size=4).map(tuple)
measured = st.builds(Mean, mean_seconds=finite, runs=st.none() | st.integers()) | st.builds(
    Samples, samples_ns=st.lists(st.integers(0, 10**12), max_size=5).map(tuple)
)


def trees(children):
    return st.builds(
        Tree,
        name=texts,
        note=st.none() | texts,
        flag=st.booleans(),
        number=st.none() | st.booleans() | st.integers() | finite | texts,
        color=st.sampled_from(Color),
        path=st.none() | st.sampled_from([Path("/a/b"), Path("c.tflite")]),
        shape=st.none() | shapes,
        pair=st.tuples(st.integers(), texts),
        shapes=st.dictionaries(texts, shapes, max_size=3),
        names=st.frozensets(texts, max_size=3),
        figure=st.none() | st.builds(Circle, radius=finite) | st.builds(Square, side=finite),
        timing=measured,
        free=st.none() | st.lists(st.integers(), max_size=2),
        children=children,
    )


anything = st.recursive(
    trees(st.just(())), lambda inner: trees(st.lists(inner, max_size=2).map(tuple)), max_leaves=5
)
SCHEMA = json_schema(Tree)


@given(anything)
def test_what_is_written_is_read_back_and_fits_the_schema(tree):
    plain = to_plain(tree)
    text = dump_json(plain)
    # Through JSON, as a file has it; another reader of JSON than ours is the judge.
    read = json.loads(text)
    assert read == plain
    assert repr(read) == repr(plain)  # 1 is not 1.0, and True is not 1
    again = from_plain(Tree, read)
    assert again == tree
    assert to_plain(again) == plain
    jsonschema.validate(read, SCHEMA)


@given(anything)
def test_fields_stand_in_their_order_and_derived_ones_behind_them(tree):
    plain = to_plain(tree)
    assert list(plain) == [field.name for field in dataclasses.fields(Tree)][:-1]
    if isinstance(tree.timing, Samples):
        assert plain["timing"] == {
            "samples_ns": list(tree.timing.samples_ns),
            "total_ns": sum(tree.timing.samples_ns),
        }


def test_the_schema_is_valid_and_describes():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    properties = SCHEMA["$defs"]["Tree"]["properties"]
    assert properties["name"]["description"] == "what people call it"
    assert properties["note"] == {"type": ["string", "null"], "description": "what people call it"}
    assert "rule" not in properties
    samples = SCHEMA["$defs"]["Samples"]
    assert samples["description"] == "Samples of a thing."
    assert samples["properties"]["samples_ns"]["description"] == (
        "each of them, in nanoseconds, as measured"
    )
    assert samples["properties"]["total_ns"] == {"type": "integer", "description": "Their sum."}


TREE = Tree(
    name="x",
    note=None,
    flag=True,
    number=1,
    color=Color.RED,
    path=None,
    shape=(1, 2),
    pair=(1, "a"),
    shapes={"in": (1,)},
    names=frozenset("ba"),
    figure=Circle(radius=1.0),
    timing=Samples(samples_ns=(1, 2, 3, 4)),
)


def changed(*path, value):
    plain = to_plain(dataclasses.replace(TREE, children=(TREE,)))
    inner = plain
    for key in path[:-1]:
        inner = inner[key]
    if value is dataclasses.MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return plain


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("timing", "samples_ns", 3), "x", "timing.samples_ns[3]: expected an integer, got 'x'"),
        (("timing", "samples_ns", 0), True, "timing.samples_ns[0]: expected an integer, got True"),
        (("timing", "samples_ns", 0), 1.0, "timing.samples_ns[0]: expected an integer, got 1.0"),
        (("timing", "samples_ns"), 5, "timing.samples_ns: expected a list, got 5"),
        (("children", 0, "name"), None, "children[0].name: expected a text, got None"),
        (("children", 0, "name"), dataclasses.MISSING, "children[0].name: is missing"),
        (("shapes", "in"), [1, None], "shapes['in'][1]: expected an integer, got None"),
        (("shape",), ["x"], "shape[0]: expected an integer, got 'x'"),
        (("flag",), 1, "flag: expected true or false, got 1"),
        (("color",), "green", "color: expected 'red' or 2, got 'green'"),
        (("pair",), [1], "pair: expected a list of 2, got [1]"),
        (("pair", 1), 2, "pair[1]: expected a text, got 2"),
        (("figure", "kind"), "line", "figure.kind: expected 'circle' or 'square', got 'line'"),
        (("figure", "radius"), math.nan, "figure.radius: expected a finite number, got nan"),
        (("figure", "radius"), 10**400, "figure.radius: expected a finite number, got 1000"),
        (("figure",), 3, "figure: expected Circle or Square or null, got 3"),
        (("timing",), None, "timing: expected Mean or Samples, got None"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(path, value, message):
    with pytest.raises(PlainDataError) as error:
        from_plain(Tree, changed(*path, value=value))
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_what_is_no_object_is_refused(data):
    with pytest.raises(PlainDataError, match="the data: expected an object"):
        from_plain(Tree, data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    ),
    st.sampled_from([field.name for field in dataclasses.fields(Tree)]),
)
def test_whatever_a_field_holds_is_read_or_refused(value, name):
    plain = to_plain(TREE)
    plain[name] = value
    try:
        found = from_plain(Tree, plain)
    except PlainDataError as error:
        assert str(error).startswith((name, "the data"))  # noqa: PT017
    else:
        assert isinstance(found, Tree)


def test_unknown_keys_are_ignored_and_defaults_fill_in():
    plain = to_plain(TREE) | {"later": 1}
    del plain["children"], plain["free"]
    assert from_plain(Tree, plain) == TREE


def test_an_object_that_refuses_its_values_is_named():
    @dataclass(frozen=True)
    class Positive:
        value: int

        def __post_init__(self):
            if self.value < 1:
                raise ValueError("must be 1 or more, got 0")

    with pytest.raises(PlainDataError, match="the data: must be 1 or more, got 0"):
        from_plain(Positive, {"value": 0})


def test_names_for_type_checkers_are_given():
    assert from_plain(Near, {"far": {"radius": 2}}, {"Far": Circle}).far == Circle(radius=2.0)
    assert json_schema(Near, {"Far": Circle})["$defs"]["Circle"]["properties"]["radius"] == {
        "type": "number"
    }
    with pytest.raises(NameError, match="Far"):
        from_plain(Near, {"far": None})


def test_data_that_is_nested_too_deeply_is_refused():
    plain = to_plain(TREE)
    for _ in range(3_000):
        plain = {**to_plain(TREE), "children": [plain]}
    with pytest.raises(PlainDataError, match="nested too deeply"):
        from_plain(Tree, plain)
    while plain["children"]:  # taken apart here: the interpreter would recurse to free it
        plain = plain["children"][0]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_not_written(number):
    with pytest.raises(ValueError, match=r"^timing.mean_seconds is -?(nan|inf)"):
        to_plain(dataclasses.replace(TREE, timing=Mean(mean_seconds=number)))
    with pytest.raises(ValueError, match="not finite"):
        dump_json({"samples": [1.0, number]})
    with pytest.raises(ValueError, match="not finite"):
        dump_json({"samples": number})


def test_what_has_no_plain_form_is_named():
    with pytest.raises(ValueError, match=r"^free\[1\] is of <class 'bytes'>"):
        to_plain(dataclasses.replace(TREE, free=[1, b"x"]))
    with pytest.raises(ValueError, match=r"has the key 1\.5"):
        to_plain(dataclasses.replace(TREE, free={1.5: 2}))


def test_classes_that_cannot_be_told_apart_are_an_error_of_the_program():
    @dataclass(frozen=True)
    class One:
        value: int

    @dataclass(frozen=True)
    class Two:
        value: int

    @dataclass(frozen=True)
    class Either:
        item: One | Two

    Either.__annotations__["item"] = One | Two
    with pytest.raises(TypeError, match="One, Two have the same keys"):
        from_plain(Either, {"item": {"value": 1}})


def test_a_field_that_is_left_out_needs_a_default():
    @dataclass(frozen=True)
    class Left:
        value: int = field(metadata={"plain": False})

    with pytest.raises(TypeError, match=r"Left.value is not plain and has no default"):
        to_plain(Left(1))


def test_json_for_people():
    assert dump_json(
        {
            "samples_ns": list(range(60)),
            "shapes": [[1, 2], [3]],
            "roles": ["input", "filter"],
            "parts": [{"a": None}],
            "nothing": [],
            "long": ["x" * 60, "y" * 60],
        }
    ).splitlines() == [
        "{",
        f' "samples_ns": [{", ".join(map(str, range(60)))}],',
        ' "shapes": [[1, 2], [3]],',
        ' "roles": ["input", "filter"],',
        ' "parts": [',
        '  {"a": null}',
        " ],",
        ' "nothing": [],',
        ' "long": [',
        f'  "{"x" * 60}",',
        f'  "{"y" * 60}"',
        " ]",
        "}",
    ]


plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(plain_data)
def test_json_is_json(data):
    assert repr(json.loads(dump_json(data))) == repr(data)
