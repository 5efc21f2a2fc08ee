"""Logs as people keep them, made after public reports: each gives the figures that it holds.

`logs/` has one file for each kind, of the models in `tests/models/phone/`. What each must give was worked
out by hand from the figures that were put into it.
"""

from pathlib import Path

import pytest

from tflops_native import ProfileFormatError
from tflops_native.imported.files import read_recorded
from tflops_native.imported.load import load_timing
from workloads import workload
from zoo import EXAMPLES

LOGS = Path(__file__).parent / "logs"
PHONE = Path(__file__).parent.parent / "models" / "phone"
# Of phone.tflite: microseconds per operator, run by the runtime and by XNNPACK.
BUILTIN = {0: 150, 1: 90, 2: 60, 3: 12, 4: 9, 5: 4, 6: 3}
XNNPACK = {0: 151, 1: 91, 2: 61, 3: 13, 4: 9, 5: 4, 6: 3}


def read(name, model="phone.tflite", choice="", **options):
    folder = EXAMPLES if (EXAMPLES / model).exists() else PHONE
    return load_timing(f"{LOGS / name}{choice}", workload(folder / model, **options))


def times(timing):
    """Microseconds by operator."""
    profile = timing.profile
    return (
        None
        if profile is None
        else {o.index: o.estimate.typical_seconds * 1e6 for o in profile.operators}
    )


def codes(timing):
    return [note.code for note in timing.notes]


@pytest.mark.parametrize(
    ("name", "threads", "has_operators"),
    [
        ("a00_base.log", 4, True),
        ("a01_logcat_threadtime.log", 4, True),
        ("a01b_logcat_threadtime_stripped.log", 4, True),
        ("a01c_logcat_tabs.log", 4, True),
        ("a02_android_studio.log", 4, False),
        ("a02b_android_studio_prof.log", 4, True),
        ("a03_logcat_time.log", 4, False),
        ("a03b_logcat_brief.log", 4, False),
        ("a03c_as_old.log", 4, False),
        ("a03d_logcat_year.log", 4, False),
        ("a03e_logcat_uid.log", 4, False),
        ("a03f_logcat_color.log", 4, False),
        ("a05_ios.log", 4, False),
        ("a05b_ios_stamped.log", 4, False),
        ("a06_quoted.log", 4, True),
        ("a06b_indented4.log", 4, True),
        ("a06c_fenced.md", None, True),
        ("a06d_tab_indented.log", 4, True),
        ("b12_mcux.log", 4, True),
        ("b12b_mcux_noprofile.log", 4, False),
        ("b13_escape_regular.log", 4, False),
        ("b13b_escape_warmup.log", 4, False),
        ("b13c_dropped_events.log", 4, True),
        ("b13d_escape_raw.log", 4, False),
        ("b15_noise_in_table.log", 4, True),
        ("b15b_noise_in_table.log", 4, True),
        ("d04_allocate_zero.log", 4, True),
        ("d04b_allocate_each.log", 4, True),
    ],
)
def test_the_same_benchmark_however_it_was_kept(name, threads, has_operators):
    timing = read(name)
    recorded = read_recorded(LOGS / name)
    assert timing.latency.typical_seconds == pytest.approx(335.5e-6)
    assert recorded.latency.count == 2500
    assert recorded.latency.minimum == pytest.approx(330e-6)
    assert recorded.warm_up.mean == pytest.approx(350.25e-6)
    assert recorded.warm_up.count == 900
    assert recorded.initialization == pytest.approx(12.5e-3)
    assert recorded.model.size_bytes == pytest.approx(4320)
    assert recorded.threads in (4, threads)
    if has_operators:
        assert times(timing) == pytest.approx(BUILTIN)
        assert timing.profile.runs == 2500
        assert timing.profile.outside_seconds == pytest.approx(7.5e-6)
    else:
        assert timing.profile is None
        assert "no_operator_times" in codes(timing)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("b02_tf110_profile.log", BUILTIN),
        ("b03_tf114_profile.log", BUILTIN),
        ("b03b_tf114_noprofile.log", None),
    ],
)
def test_tensorflow_1(name, expected):
    timing = read(name)
    assert timing.latency.mean_seconds == pytest.approx(335.5e-6)
    assert timing.latency.runs == 50
    assert read_recorded(LOGS / name).warm_up.mean == pytest.approx(900e-6)
    found = times(timing)
    assert found is None if expected is None else found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("b01_litert2_profiler.log", XNNPACK),
        ("b01b_litert2_noprofile.log", None),
        ("b01c_litert_head.log", XNNPACK),
        ("b01d_no_alloc.log", XNNPACK),
        ("h01_litert_cli.log", None),
        ("h02_litert_logcat.log", None),
    ],
)
def test_litert_2(name, expected):
    timing = read(name)
    assert timing.latency.typical_seconds == pytest.approx(372e-6)
    assert timing.latency.runs == 2112
    assert timing.warm_up.runs == 1055
    found = times(timing)
    assert found is None if expected is None else found == pytest.approx(expected)


@pytest.mark.parametrize(
    "name",
    ["d01_xnn_main.log", "d02_kleidi.log", "d06b_csv_new_xnn.csv", "d06c_csv_old_xnn_commas.csv"],
)
def test_operators_of_xnnpack(name):
    assert times(read(name)) == pytest.approx(XNNPACK)


@pytest.mark.parametrize(
    "name",
    ["d06_csv_old.csv", "d07_csv_spreadsheet.csv", "d08_only_table.txt", "d08b_only_table_old.txt"],
)
def test_tables_alone(name):
    timing = read(name)
    assert times(timing) == pytest.approx(BUILTIN)
    assert timing.latency.typical_seconds is None


@pytest.mark.parametrize(
    ("name", "delegate", "microseconds"),
    [
        ("b05_hexagon_tf24.log", "TfLiteHexagonDelegate", 330),
        ("b05b_hexagon_tf24_profile_only.log", "TfLiteHexagonDelegate", 330),
        ("b09_armnn.log", "TfLiteArmNnDelegate", 320),
        ("b09_coreml.log", "TfLiteCoreMlDelegate", 320),
        ("b09_edgetpu.log", "edgetpu-custom-op", 320),
        ("b09_ethosu.log", "ethos-u", 320),
        ("b09_gpu.log", "TfLiteGpuDelegateV2", 320),
        ("b09_qnn.log", "TfLiteQnnDelegate", 320),
        ("b09_vx.log", "Vx Delegate", 320),
    ],
)
def test_a_delegate_that_took_all(name, delegate, microseconds):
    timing = read(name)
    profile = timing.profile
    assert timing.kernels == delegate
    assert profile.operators == ()
    assert [(e.name, round(e.estimate.typical_seconds * 1e6, 3)) for e in profile.unmatched] == [
        (delegate, microseconds)
    ]
    (lump,) = profile.unmatched
    assert lump.operators == tuple(range(7))
    assert profile.outside_seconds >= 0
    assert ("delegate_in_cycles" in codes(timing)) is ("Hexagon" in delegate)


@pytest.mark.parametrize("name", ["b06_nnapi.log", "b06b_nnapi_wrapped.log"])
def test_a_delegate_with_two_partitions(name):
    timing = read(name)
    assert times(timing) == pytest.approx({2: 60})
    found = [
        (lump.operators, round(lump.estimate.typical_seconds * 1e6))
        for lump in timing.profile.unmatched
    ]
    assert found == [((0, 1), 250), ((3, 4, 5, 6), 40)]
    # 350 us of 335.5: said, not hidden.
    assert codes(timing) == ["operators_exceed_inference"]


def test_xnnpack_with_two_partitions():
    assert times(read("d10_partitions.log")) == pytest.approx({**XNNPACK, 2: 60})


@pytest.mark.parametrize("name", ["c01_while_new.log", "c02_while_tf24.log"])
def test_loops(name):
    timing = read(name, "lstm_keras.tflite")
    assert times(timing) == pytest.approx({0: 2, 1: 300, 2: 3, 3: 5})
    nested = {found.subgraph_index: found.operators for found in timing.profile.nested}
    assert {index: len(operators) for index, operators in nested.items()} == {1: 3, 2: 19}
    # A microsecond each, 17 and 16 times.
    assert {round(o.estimate.typical_seconds * 1e6) for o in nested[1]} == {17}
    assert {round(o.estimate.typical_seconds * 1e6) for o in nested[2]} == {16}


def test_names_of_nodes():
    """Some builds show the nodes of XNNPACK's subgraph in place of its operators."""
    timing = read("d03_newnames.log")
    assert timing.profile.unmatched == ()
    assert sorted(times(timing)) == [0, 1, 2, 3, 4, 5, 6]
    assert times(timing)[4] == pytest.approx(9)


def test_signatures():
    timing = read("c05_signature_prefill.log", "two_sigs.tflite", signature="prefill")
    assert times(timing) == pytest.approx({0: 20, 1: 25, 2: 30})
    assert timing.latency.typical_seconds == pytest.approx(80e-6)
    timing = read("c05_signature_decode.log", "two_sigs.tflite", signature="decode")
    assert times(timing) == pytest.approx({0: 20, 1: 25, 2: 30, 3: 35})
    with pytest.raises(ProfileFormatError, match="pass --signature prefill"):
        read("c05_signature_prefill.log", "two_sigs.tflite")


def test_custom_operator():
    found = times(read("f01_ssd_custom.log", "s50_ssd.tflite"))
    assert found == pytest.approx({0: 40, 1: 3, 2: 41, 3: 9, 4: 2, 5: 230})


def test_variables_between_the_operators_of_a_delegate():
    timing = read("f02_stateful.log", "s19_state.tflite")
    assert times(timing) == pytest.approx({0: 1, 1: 1, 2: 14, 3: 2, 4: 6, 5: 3, 6: 2})
    assert timing.profile.unmatched == ()
    assert timing.profile.fused == ()


@pytest.mark.parametrize(
    ("name", "microseconds", "code"),
    [
        ("a04_grep_line.log", 335.5, "model_unknown"),
        ("b13c_dropped_events.log", 335.5, "events_dropped"),
        ("b15_noise_in_table.log", 335.5, "lines_in_table"),
        ("b16b_no_warmup.log", 335.5, "no_operator_times"),
        ("b20_report.json", 335.5, "model_unknown"),
        ("b23_proto_text.log", 335.5, "text_proto"),
        ("d05_op_zero_calls.log", 335.5, "not_in_every_run"),
        ("e01_litert.json", 10, "no_operator_times"),
        ("e02_litert_console.log", 10, "unknown_lines"),
        ("f03_exponent.log", 1_497_120, "no_operator_times"),
        ("h03_logcat_cut1023.log", 335.5, "table_cut"),
    ],
)
def test_what_a_reader_should_know(name, microseconds, code):
    timing = read(name)
    assert timing.latency.typical_seconds == pytest.approx(microseconds * 1e-6)
    assert code in codes(timing)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("b16_aborted_after_warmup.log", "no inference was timed: .*failed to invoke"),
        ("b30_other_name_shape.log", "pass --input-shape image=4,32,32,3"),
        ("b31_other_model_quoted.log", "another model: .*13,978,000 bytes"),
        ("b31b_other_model_plain.log", "another model: .*13,978,000 bytes"),
        ("d09_only_summary.txt", "a summary by type only"),
        ("b14_two_runs.log", "2 benchmarks: choose one with ::1 to ::2"),
        ("b14b_two_runs_old.log", "2 benchmarks: choose one with ::1 to ::2"),
        ("f03b_grep_two.log", r"1: a model, 1497120 µs; 2: a model, 333826 µs"),
    ],
)
def test_refused(name, message):
    with pytest.raises(ProfileFormatError, match=message):
        read(name)


@pytest.mark.parametrize(
    "name", ["g01_dyn_right_name", "g02_dyn_other_name", "g03_dyn_serving_name"]
)
def test_input_shapes_by_position(name):
    with pytest.raises(ProfileFormatError, match="pass --input-shape input=1,112,112,1"):
        read(f"{name}.log", "single_conv_dynamic.tflite")
    timing = read(
        f"{name}.log", "single_conv_dynamic.tflite", input_shapes={"input": (1, 112, 112, 1)}
    )
    assert timing.latency.typical_seconds == pytest.approx(335.5e-6)


def test_one_of_several():
    for choice in ("::1", "::2"):
        timing = read("b14b_two_runs_old.log", choice=choice)
        assert times(timing) == pytest.approx(BUILTIN)
    assert read("f03b_grep_two.log", choice="::2").latency.typical_seconds == pytest.approx(
        333_826e-6
    )
    with pytest.raises(ProfileFormatError, match="holds 2 benchmarks, not 3"):
        read("f03b_grep_two.log", choice="::3")
