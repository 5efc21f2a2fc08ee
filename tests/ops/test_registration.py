"""Rules of a user's own: registration, replacement, entry points, and the example of the documentation."""

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from flatbuffers import flexbuffers

from builders import ModelBuilder
from tflops_native.analysis.operators import Status
from tflops_native.errors import TflopsError
from tflops_native.model.reader import load
from tflops_native.ops import REGISTRY, Cost, Inferred, Op, StructLayout, plugins, register
from workloads import analyze_model

DOCUMENT = Path(__file__).parents[2] / "docs" / "custom_operators.md"


@pytest.fixture(autouse=True)
def registered_rules():
    """What a test registers is gone after it."""
    before = dict(REGISTRY)
    plugins.load_plugins.cache_clear()
    yield
    REGISTRY.clear()
    REGISTRY.update(before)
    plugins.load_plugins.cache_clear()


def custom_model(name, shapes, custom_options=b""):
    builder = ModelBuilder()
    graph = builder.graph()
    inputs = [graph.input(shape) for shape in shapes]
    graph.outputs = [graph.tensor([7, 7])]
    graph.operator(name, inputs, graph.outputs, {"customOptions": list(custom_options)})
    return builder.pack()


def analyzed(model):
    (operator,) = analyze_model(load(model)).operators
    return operator


@dataclass(frozen=True, slots=True)
class Repeat(Op):
    """The rows, some times."""

    times: int = 1

    def infer(self, x):
        rows, columns = x.shape
        return Inferred(outputs=((rows * self.times, columns),), cost=Cost(scalar_ops=self.times))


def test_options_by_name():
    register("test.repeat", options="flexbuffer")(Repeat)
    options = bytes(flexbuffers.Dumps({"times": 3, "unknown": "ignored"}))
    operator = analyzed(custom_model("test.repeat", [(2, 5)], options))
    assert operator.output_shapes == ((6, 5),)
    assert operator.status is Status.COUNTED
    assert analyzed(custom_model("test.repeat", [(2, 5)])).output_shapes == ((2, 5),)


def test_options_in_a_struct():
    layout = StructLayout("<hi", ("padding", "times"))
    register("test.repeat", options=layout)(Repeat)
    operator = analyzed(custom_model("test.repeat", [(2, 5)], b"\x09\0\x04\0\0\0"))
    assert operator.output_shapes == ((8, 5),)


def test_fixed_fields_are_no_options():
    register("test.twice", options="flexbuffer", times=2)(Repeat)
    options = bytes(flexbuffers.Dumps({"times": 3}))
    assert analyzed(custom_model("test.twice", [(2, 5)], options)).output_shapes == ((4, 5),)


def test_without_options():
    register("test.once")(Repeat)
    options = bytes(flexbuffers.Dumps({"times": 3}))
    assert analyzed(custom_model("test.once", [(2, 5)], options)).output_shapes == ((2, 5),)


def test_a_second_registration_is_refused_unless_it_says_so():
    register("test.repeat", options="flexbuffer")(Repeat)
    with pytest.raises(
        ValueError, match=r"test\.repeat is registered twice; override=True replaces"
    ):
        register("test.repeat")(Repeat)
    register("test.repeat", override=True, times=5)(Repeat)
    assert analyzed(custom_model("test.repeat", [(2, 5)])).output_shapes == ((10, 5),)


def test_a_rule_of_the_schema_can_be_replaced():
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([2, 5])
    graph.outputs = [graph.tensor([])]
    graph.operator("RELU", [x], graph.outputs)
    model = builder.pack()
    assert analyzed(model).cost == Cost(scalar_ops=10)
    register("RELU", override=True, times=4)(Repeat)
    assert analyzed(model).cost == Cost(scalar_ops=4)


def test_a_custom_operator_named_as_one_of_the_schema_is_not_taken_for_it():
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([2, 5])
    graph.outputs = [graph.tensor([7, 7])]
    graph.operator("RELU_", [x], graph.outputs)
    builder.codes[-1].customCode = "RELU"
    assert analyzed(builder.pack()).note == "no rule for this custom operator"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("CONV_2D", "flexbuffer", "CONV_2D cannot have options of 'flexbuffer'"),
        ("test.x", "Conv2DOptions", "test.x cannot have options of 'Conv2DOptions'"),
        ("test.x", "NoSuchOptions", "'NoSuchOptions' is neither a table of the schema nor"),
    ],
)
def test_options_that_do_not_go_with_the_name(name, options, message):
    with pytest.raises(ValueError, match=message):
        register(name, options=options, override=True)(Repeat)


def test_a_field_that_the_struct_does_not_have():
    @dataclass(frozen=True, slots=True)
    class Needy(Op):
        needed: int

    with pytest.raises(
        ValueError, match=r"Needy has fields that its layout does not: \['needed'\]"
    ):
        register("test.needy", options=StructLayout("<i", ("other",)))(Needy)


def blocks(language):
    """The code of the documentation, block by block."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def installed(folder, module, code, entry_points):
    """A package as an installer leaves it."""
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)


def example_entry_points():
    (text,) = blocks("toml")
    groups = tomllib.loads(text)["project"]["entry-points"]
    return "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
        for group, points in groups.items()
    )


def distances_model():
    options = bytes(flexbuffers.Dumps({"squared": True}))
    return custom_model("acme.distances", [(3, 4), (5, 4)], options)


def run(folder, program, *arguments):
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    ended = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        cwd=folder,
    )
    return ended.stdout, ended.stderr


def test_the_example_by_import(tmp_path):
    rule, use = blocks("python")
    (tmp_path / "acme_rules.py").write_text(rule)
    (tmp_path / "model.tflite").write_bytes(distances_model())
    assert run(tmp_path, use) == ("60\n", "")


def test_the_example_by_entry_point(tmp_path):
    installed(tmp_path, "acme_rules", blocks("python")[0], example_entry_points())
    (tmp_path / "model.tflite").write_bytes(distances_model())
    program = (
        "import sys, tflops_native\n"
        "operator = tflops_native.analyze('model.tflite').operators[0]\n"
        "print(operator.cost.macs, operator.cost.scalar_ops, operator.output_shapes)"
    )
    assert run(tmp_path, program) == ("60 60 ((3, 5),)\n", "")


def test_entry_points_are_not_loaded_where_every_operator_has_a_rule(tmp_path):
    installed(tmp_path, "loud", "print('loaded')", "[tflops_native.rules]\nloud = loud\n")
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([2, 5])
    graph.outputs = [graph.tensor([])]
    graph.operator("RELU", [x], graph.outputs)
    (tmp_path / "plain.tflite").write_bytes(builder.pack())
    (tmp_path / "custom.tflite").write_bytes(custom_model("test.x", [(2, 5)]))
    program = "import sys, tflops_native; tflops_native.analyze(sys.argv[1])"
    assert run(tmp_path, program, "plain.tflite") == ("", "")
    # Once, however many operators there are.
    assert run(tmp_path, program, "custom.tflite") == ("loaded\n", "")


def with_entry_point(monkeypatch, load_):
    """An entry point that does this when it is loaded."""

    class Point:
        name, value = "acme", "acme_rules"
        load = staticmethod(load_)

    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [Point()])


def test_an_entry_point_that_fails_is_an_error(monkeypatch):
    def fail():
        register("test.half")(Repeat)
        raise ImportError("no module named acme")

    with_entry_point(monkeypatch, fail)
    message = r"entry point 'acme' \(acme_rules\) cannot be loaded: ImportError: no module named"
    for _ in range(2):  # and stays one
        with pytest.raises(TflopsError, match=message):
            analyzed(custom_model("test.x", [(2, 5)]))
    assert "test.half" not in REGISTRY


def test_an_entry_point_may_not_replace_a_rule(monkeypatch):
    conv = REGISTRY["CONV_2D"]
    with_entry_point(monkeypatch, lambda: register("CONV_2D", override=True)(Repeat))
    with pytest.raises(TflopsError, match=r"'acme' \(acme_rules\) replaces the rule of CONV_2D"):
        analyzed(custom_model("test.x", [(2, 5)]))
    assert REGISTRY["CONV_2D"] is conv


def rules_loaded(tmp_path, program):
    """The modules of rules that are imported after a program."""
    ending = (
        "\nfrom tflops_native.ops.rule_modules import RULE_MODULES\n"
        "print(*sorted(set(RULE_MODULES.values()) & set(sys.modules)))"
    )
    printed, errors = run(tmp_path, "import sys\n" + program + ending)
    assert errors == ""
    return [name.removeprefix("tflops_native.ops.") for name in printed.split()]


def test_only_the_rules_of_a_model_are_imported(tmp_path):
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([2, 5])
    graph.outputs = [graph.tensor([])]
    graph.operator("CUMSUM", [x, graph.constant([1], "INT32")], graph.outputs)
    (tmp_path / "model.tflite").write_bytes(builder.pack())
    assert rules_loaded(tmp_path, "import tflops_native") == []
    program = "import tflops_native; tflops_native.analyze('model.tflite')"
    home = REGISTRY["CUMSUM"].op.__module__.rpartition(".")[2]
    loaded = rules_loaded(tmp_path, program)
    assert home in loaded
    assert "convolution" not in loaded
    assert "lstm" not in loaded


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_rule_of_our_own_is_replaced_whether_it_is_imported_or_not(tmp_path, order):
    first = "from tflops_native.ops import convolution" if order == "after" else ""
    program = f"""
import sys
from tflops_native.ops import NO_ARITHMETIC, REGISTRY, Inferred, Op, register
{first}
class Mine(Op):
    def infer(self, input):
        return Inferred(outputs=(input.shape,), cost=NO_ARITHMETIC)
try:
    register("CONV_2D")(Mine)
except ValueError as error:
    print(error)
register("CONV_2D", override=True)(Mine)
from tflops_native.ops import convolution
print(REGISTRY["CONV_2D"].op is Mine, REGISTRY["DEPTHWISE_CONV_2D"].op.__name__)
"""
    printed, errors = run(tmp_path, program)
    assert errors == ""
    assert printed.splitlines() == [
        "CONV_2D is registered twice; override=True replaces its rule",
        "True DepthwiseConv2D",
    ]


def test_names_of_rules_are_known_without_importing_them(tmp_path):
    program = (
        "from tflops_native.ops import REGISTRY\n"
        "assert 'CONV_2D' in REGISTRY and len(list(REGISTRY)) == len(REGISTRY) > 300\n"
        "assert 'NONSENSE' not in REGISTRY and REGISTRY.get('NONSENSE') is None"
    )
    assert rules_loaded(tmp_path, program) == []


def test_each_name_leads_to_its_rule():
    assert {name: rule.name for name, rule in REGISTRY.items()} == {name: name for name in REGISTRY}


def of_a_user(infer):
    """A rule of a module that is not ours."""
    return dataclass(frozen=True, slots=True)(
        type("Mine", (Op,), {"infer": infer, "__module__": "acme_rules"})
    )


def raises(error):
    def infer(self, x):
        raise error

    return infer


def returns(result):
    return lambda self, x: result


@pytest.mark.parametrize(
    "error", [KeyError("depth"), ZeroDivisionError("division by zero"), RecursionError("too deep")]
)
def test_whatever_a_rule_of_a_user_raises_names_the_operator(error):
    register("test.mine")(of_a_user(raises(error)))
    with pytest.raises(TflopsError) as caught:
        analyzed(custom_model("test.mine", [(2, 5)]))
    assert str(caught.value) == (
        f"the rule of test.mine (acme_rules.Mine) fails: {type(error).__name__}: {error}"
    )
    assert caught.value.__notes__ == ["operator 0 (test.mine) in subgraph 0"]


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (((2, 5),), "it returns tuple, where Inferred is expected"),
        (None, "it returns NoneType"),
        (Inferred(outputs=[(2, 5)], cost=Cost()), "its outputs are [(2, 5)]"),
        (Inferred(outputs=((2.5, 5),), cost=Cost()), "its output shape is (2.5, 5)"),
        (Inferred(outputs=((-1, 5),), cost=Cost()), "its output shape is (-1, 5)"),
        (Inferred(outputs=([2, 5],), cost=Cost()), "its output shape is [2, 5]"),
        (Inferred(outputs=((2,),), cost=7), "its cost is 7"),
        (Inferred(outputs=((2,),), cost=Cost(macs=-3)), "its cost has macs=-3"),
        (Inferred(outputs=((2,),), cost=Cost(macs=1.5)), "its cost has macs=1.5"),
        (
            Inferred(outputs=((2,),), cost=Cost(scalar_ops=float("nan"))),
            "its cost has scalar_ops=nan",
        ),
        (
            Inferred(outputs=((2,),), cost=Cost(), minimum=Cost(transcendentals=-1)),
            "its minimum has transcendentals=-1",
        ),
        (Inferred(outputs=((2,),), cost=Cost(), bytes_read=-8), "its bytes_read is -8"),
        (Inferred(outputs=((2,),), cost=Cost(), bytes_written=0.5), "its bytes_written is 0.5"),
        (Inferred(outputs=((2,),), cost=Cost(), values=((1, 2, 3),)), "its value (1, 2, 3) does"),
        (Inferred(outputs=((2,),), cost=Cost(), values=(None, None)), "it has values of 2 outputs"),
        (
            Inferred(outputs=((2,),), cost=Cost(), values=((1, float("nan")),)),
            "its value has an element nan",
        ),
        (Inferred(outputs=((2,),), cost=Cost(), values=(("a", "b"),)), "its value has an element"),
    ],
)
def test_the_result_of_a_rule_of_a_user_is_checked(result, problem):
    register("test.mine")(of_a_user(returns(result)))
    with pytest.raises(TflopsError) as caught:
        analyzed(custom_model("test.mine", [(2, 5)]))
    message = str(caught.value)
    assert message.startswith(f"the rule of test.mine (acme_rules.Mine) is wrong: {problem}")
    assert caught.value.__notes__ == ["operator 0 (test.mine) in subgraph 0"]
