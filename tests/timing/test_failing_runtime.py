"""A runtime that crashes, hangs, takes all memory or prints: one clear error that names the operator."""

import re
import sys

import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import fake_tflite
from tflops_native.errors import InvokeError, OptionError
from tflops_native.isolation.limits import ChildLimits
from tflops_native.measurement import post_mortem
from workloads import measure_in_child

pytestmark = pytest.mark.usefixtures("short_protocol")

linux = pytest.mark.skipif(
    sys.platform != "linux", reason="memory limits and death signals of Linux"
)
# Builtin, a partition of XNNPACK, builtin.
OPERATORS = ("NEG", "ABS xnnpack 12 Abs (NC, F32)", "ABS xnnpack 7 Abs (NC, F32)", "NEG")
AFTERWARDS = "operators in XNNPACK are reported only afterwards"


@pytest.fixture
def measured(fake_runtime, tmp_path):
    """`measured(*statements, limits, **options)`: the timing of a model that tells the fake what to do."""

    def run(*statements, limits=None, **options):
        path = tmp_path / "model.tflite"
        path.write_bytes(fake_tflite.model(*statements, operators=OPERATORS))
        chosen = {"runs": 2, "runtime": str(fake_runtime), **options}
        return measure_in_child(path, **chosen, limits=limits or ChildLimits())

    return run


@pytest.fixture
def error_of(measured):
    """The message of the error that measuring it must raise."""

    def run(*statements, **options):
        with pytest.raises(InvokeError) as caught:
            measured(*statements, **options)
        return str(caught.value)

    return run


def crashed(how, step):
    return f"the runtime crashed (the measuring process {how} at step {step!r})"


def test_a_model_without_instructions_is_measured(measured):
    timing = measured()
    assert timing.runtime.version == "0.0.0-fake"
    joined = [(o.index, o.kernel) for o in timing.profile.operators]
    assert joined == [(0, "builtin"), (1, "Abs (NC, F32)"), (2, "Abs (NC, F32)"), (3, "builtin")]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("on load 1 crash SIGSEGV", crashed("was ended by SIGSEGV", "load")),
        ("on create 1 crash SIGABRT", crashed("was ended by SIGABRT", "load")),
        ("on allocate 1 exit 3", crashed("ended with exit code 3", "allocate")),
    ],
)
def test_before_any_operator_runs_the_step_is_all_there_is(error_of, statement, message):
    assert error_of(statement) == message


@pytest.mark.parametrize(
    ("statement", "step", "operator"),
    [
        ("on operator:0 1 crash SIGFPE", "first invoke", "operator last seen: 0 (NEG)"),
        ("on operator:3 1 crash SIGFPE", "first invoke", "operator last seen: 3 (NEG)"),
        ("on operator:3 5 crash SIGFPE", "warm up", "operator last seen: 3 (NEG)"),
        (
            "on operator:2 1 crash SIGFPE",
            "first invoke",
            f"operator last seen: 0 (NEG), which had ended; {AFTERWARDS}",
        ),
        (
            "on invoke 1 crash SIGFPE",
            "first invoke",
            f"operator not known: none had reported itself; {AFTERWARDS}",
        ),
    ],
)
def test_the_operator_last_seen(error_of, statement, step, operator):
    assert error_of(statement) == f"{crashed('was ended by SIGFPE', step)}; {operator}"


def test_without_a_delegate_every_operator_is_seen(error_of):
    message = error_of("on operator:2 1 crash SIGSEGV", kernels="builtin")
    assert message.endswith("at step 'first invoke'); operator last seen: 2 (ABS)")


def test_a_crash_that_comes_only_once(error_of, monkeypatch):
    # The second child makes one invoke.
    monkeypatch.setattr(post_mortem, "INVOKE_SECONDS", 0.0)
    message = error_of("on invoke 3 crash SIGSEGV")
    assert message.endswith("; operator not known: under the profiler it did not happen again")


def test_a_failure_that_is_told_is_no_crash(error_of):
    message = error_of("on invoke 1 fail Node number 2 (ABS) failed to invoke.")
    assert message == (
        "TensorFlow Lite could not invoke the model: Node number 2 (ABS) failed to invoke"
    )


def test_noise_is_kept_apart_and_its_end_is_told(measured, error_of):
    noise = [
        f"on {step} * print {stream} {step} says {stream}"
        for step in ("load", "allocate", "invoke")
        for stream in ("out", "err")
    ]
    assert len(measured(*noise).samples_ns) == 2
    message = error_of(*noise, "on operator:0 1 crash SIGABRT")
    assert message.endswith("last output: allocate says err | invoke says out | invoke says err")


def test_a_hang_as_the_model_is_loaded(error_of):
    message = error_of("on load 1 hang", limits=ChildLimits(timeout_seconds=2.0))
    # A busy machine may not even come to the model.
    assert re.fullmatch(
        r"the measurement did not end within 2 s, it was at step '(start|load)'", message
    )


def test_the_operator_that_hangs(error_of, monkeypatch):
    monkeypatch.setattr(post_mortem, "INVOKE_SECONDS", 0.2)
    message = error_of("on operator:3 2 hang", limits=ChildLimits(timeout_seconds=5.0))
    assert message == (
        "the measurement did not end within 5 s, it was at step 'warm up'; "
        "operator last seen: 3 (NEG)"
    )


def test_a_measurement_that_is_only_long(error_of, monkeypatch):
    monkeypatch.setattr(post_mortem, "INVOKE_SECONDS", 0.0)
    message = error_of(runs=10**9, limits=ChildLimits(timeout_seconds=4.0))
    assert message.startswith("the measurement did not end within 4 s, it was at step 'measure'")
    assert message.endswith(
        "; no operator was seen to hang: more time or fewer runs may be all it needs"
    )


GREEDY = "allocate 4000000000"


@linux
@pytest.mark.parametrize(
    ("statement", "rest"),
    [
        (f"on load 1 {GREEDY}", "'load', with a memory limit of 100 MB"),
        (f"on allocate 1 {GREEDY}", "'allocate', with a memory limit of 100 MB"),
        (
            f"on operator:3 1 {GREEDY}",
            "'first invoke', with a memory limit of 100 MB; operator last seen: 3 (NEG)",
        ),
    ],
)
def test_memory_without_end(error_of, statement, rest):
    message = error_of(statement, limits=ChildLimits(memory_bytes=100_000_000))
    assert message == f"the runtime ran out of memory at step {rest}"


@linux
def test_what_fits_the_memory_limit_is_measured(measured):
    limits = ChildLimits(memory_bytes=100 << 20)
    statement = "on allocate 1 allocate 50000000"
    assert len(measured(statement, limits=limits, profile=False).samples_ns) == 2
    # The interpreter that profiles is a second one.
    with pytest.raises(InvokeError, match="ran out of memory at step 'profile'"):
        measured(statement, limits=ChildLimits(memory_bytes=80_000_000))


@linux
def test_the_runtime_that_refuses_may_have_lacked_memory(error_of):
    message = error_of("on allocate 1 fail no", limits=ChildLimits(memory_bytes=64 << 20))
    assert message == (
        "TensorFlow Lite could not allocate tensors: no, with a memory limit of 64 MiB"
    )


def test_an_exception_of_the_runtime_for_lack_of_memory(error_of):
    assert error_of("on invoke 1 bad_alloc").startswith(
        "the runtime ran out of memory at step 'first invoke'; "
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"timeout_seconds": 0.0}, "timeout (seconds) must be above 0, got 0"),
        ({"timeout_seconds": float("nan")}, "timeout (seconds) must be above 0, got nan"),
        ({"memory_bytes": 0}, "memory_limit (bytes) must be 1 or more, got 0"),
    ],
)
def test_limits_out_of_range(changes, message):
    with pytest.raises(OptionError) as caught:
        ChildLimits(**changes).check()
    assert str(caught.value) == message


def test_a_memory_limit_where_none_can_be_held(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(OptionError, match="on Linux only, not on darwin"):
        ChildLimits(memory_bytes=1).check()
