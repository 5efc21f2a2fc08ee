"""Why a measurement may be unsteady: what the evidence shows, what that means, and what to try."""

from collections.abc import Callable
from dataclasses import dataclass

from tflops_native import formatting as numbers
from tflops_native.machine.affinity import cpu_list
from tflops_native.machine.evidence import Evidence

# Below this share of the time others are not what makes samples differ.
WAIT_LIMIT = 0.02
# The system counts in ticks of 10 ms: in a second, one of them is 1%.
STEAL_LIMIT = 0.02
# A quiet system interrupts a thread a few times a second for its own housekeeping.
SWITCHES_PER_SECOND_LIMIT = 10
# Other CPUs' worth of work that shares caches, memory and heat with the measurement.
OTHER_CPUS_LIMIT = 0.2
# A CPU that busy leaves no room for a measurement of its own.
BUSY_LIMIT = 0.5
# Each costs some 10 to 50 microseconds of cold caches.
MIGRATIONS_PER_SECOND_LIMIT = 2
# Each costs about a microsecond; memory that is kept is not faulted in again.
FAULTS_PER_SECOND_LIMIT = 1000
# The frequency of a loaded CPU that nothing holds back stays within this.
FREQUENCY_FALL = 0.05
# Throttled for less than this share of the time, no sample was decided by it.
THROTTLED_LIMIT = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that can make samples differ.

    seen     the figures
    why      what they mean
    remedy   the option or command to try
    """

    seen: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.seen}: {self.why}; try {self.remedy}"


Finder = Callable[[Evidence], Cause | None]


def find_causes(evidence: Evidence, finders: tuple[Finder, ...]) -> tuple[Cause, ...]:
    """Those of the causes that the evidence shows, in the order of the finders."""
    return tuple(cause for find in finders if (cause := find(evidence)) is not None)


def lost_share(evidence: Evidence) -> float:
    """The share of the time that the measuring threads lost to others, as far as the system tells."""
    return (_wait_share(evidence) or 0.0) + (_steal_share(evidence) or 0.0)


def quota_throttled(evidence: Evidence) -> Cause | None:
    """The control group stood still because its processor time was used up."""
    start, end = evidence.start.quota, evidence.end.quota
    if start is None or end is None:
        return None
    periods = end.throttled_periods - start.throttled_periods
    seconds = end.throttled_seconds - start.throttled_seconds
    if periods <= 0 or 0 < seconds < THROTTLED_LIMIT * evidence.total.seconds:
        return None
    limit = "a quota" if end.cpus is None else f"a quota of {numbers.brief(end.cpus, 3)} CPUs"
    fewer = end.cpus is not None and 1 <= end.cpus < evidence.threads
    return Cause(
        seen=f"throttled in {periods} periods, for {numbers.brief(seconds, 2)} s",
        why=f"the control group has {limit}",
        remedy=f"--threads {int(end.cpus or 1)}" if fewer else "a higher quota",
    )


def heat_throttled(evidence: Evidence) -> Cause | None:
    """Heat, or a weak power supply, held the frequency down."""
    pairs = zip(evidence.start.processors, evidence.end.processors, strict=True)
    # The CPUs of a package count the same events.
    throttles = max(
        (
            end.thermal_throttles - start.thermal_throttles
            for start, end in pairs
            if start.thermal_throttles is not None and end.thermal_throttles is not None
        ),
        default=0,
    )
    is_limited = evidence.start.is_heat_limited or evidence.end.is_heat_limited
    if throttles <= 0 and not is_limited:
        return None
    temperature = evidence.end.temperature_celsius
    degrees = "" if temperature is None else f" at {temperature:.0f} °C"
    seen = f"{throttles} thermal throttle events" if throttles > 0 else "the frequency is capped"
    return Cause(
        seen=seen + degrees,
        why="the CPUs are too hot, or their supply is too weak",
        remedy="--interval, or cool the machine",
    )


def frequency_fell(evidence: Evidence) -> Cause | None:
    """A CPU that was used ran slower at the end than at the start."""
    for start, end in zip(evidence.start.processors, evidence.end.processors, strict=True):
        if (
            start.frequency_hz is None
            or end.frequency_hz is None
            or end.cpu not in evidence.cpus_used
        ):
            continue
        if end.frequency_hz < (1 - FREQUENCY_FALL) * start.frequency_hz:
            return Cause(
                seen=f"CPU {end.cpu} went from {_gigahertz(start.frequency_hz)} "
                f"to {_gigahertz(end.frequency_hz)}",
                why="heat, power or the governor slowed it down",
                remedy="`cpupower frequency-set -g performance`, or --interval",
            )
    return None


def others_run(evidence: Evidence) -> Cause | None:
    """Other processes ran on the CPU of the measurement."""
    waited = _wait_share(evidence)
    switches = evidence.total.involuntary_switches
    per_second = None if switches is None else _per_second(evidence, switches)
    if waited is None:
        is_seen = per_second is not None and per_second > SWITCHES_PER_SECOND_LIMIT
    else:
        is_seen = waited > WAIT_LIMIT
    if not is_seen or _too_many_threads(evidence):
        return None
    seen = [] if per_second is None else [f"{per_second:.0f} involuntary context switches/s"]
    seen += [] if waited is None else [f"{100 * waited:.0f}% of the time spent waiting for a CPU"]
    return Cause(
        seen=", ".join(seen),
        why="other processes run there",
        remedy=_quiet_cpus(evidence) or "stopping them (`top` shows them)",
    )


def hypervisor_steals(evidence: Evidence) -> Cause | None:
    """The hypervisor gave the CPU to another virtual machine."""
    share = _steal_share(evidence)
    if share is None or share < STEAL_LIMIT:
        return None
    return Cause(
        seen=f"the hypervisor took {100 * share:.0f}% of the CPU time (steal)",
        why="other virtual machines share the host",
        remedy="--max-time 30, or a host of its own",
    )


def others_load(evidence: Evidence) -> Cause | None:
    """Other processes share caches, memory and heat, if not the CPU."""
    other = evidence.total.other_seconds
    if other is None or others_run(evidence) is not None:
        return None
    cpus = _per_second(evidence, other)
    if cpus < OTHER_CPUS_LIMIT:
        return None
    count = len(evidence.cpus_allowed or evidence.busy_share)
    return Cause(
        seen=f"other processes keep {cpus:.1f} of {count} CPUs busy",
        why="they share caches, memory and heat",
        remedy="stopping them (`top` shows them)",
    )


def threads_exceed_cpus(evidence: Evidence) -> Cause | None:
    """More threads were asked for than can run at once."""
    if not _too_many_threads(evidence):
        return None
    cpus = evidence.cpus_allowed or ()
    number = f"{len(cpus)} CPU" if len(cpus) == 1 else f"{len(cpus)} CPUs"
    return Cause(
        seen=f"{evidence.threads} threads on {number}",
        why="they wait for each other",
        remedy=f"--threads {len(cpus)}",
    )


def unlike_cpus(evidence: Evidence) -> Cause | None:
    """The threads could move between CPUs of different speed."""
    speeds: dict[int, list[int]] = {}
    for processor in evidence.end.processors:
        if processor.hardware_maximum_hz is not None:
            speeds.setdefault(processor.hardware_maximum_hz, []).append(processor.cpu)
    if len(speeds) < 2:
        return None
    fastest = speeds[max(speeds)]
    return Cause(
        seen=f"CPUs of {' and '.join(_gigahertz(speed) for speed in sorted(speeds))}",
        why="threads may move between them",
        remedy=f"--pin {cpu_list(fastest)}",
    )


def threads_move(evidence: Evidence) -> Cause | None:
    """The system moved threads from CPU to CPU."""
    moves = evidence.total.migrations
    if moves is None or evidence.is_pinned:
        return None
    per_second = _per_second(evidence, moves)
    if per_second < MIGRATIONS_PER_SECOND_LIMIT:
        return None
    return Cause(
        seen=f"{per_second:.0f} moves of threads between CPUs per second",
        why="each finds its caches cold",
        remedy=_quiet_cpus(evidence) or "--pin",
    )


def memory_faults(evidence: Evidence) -> Cause | None:
    """Memory was read from disk, or mapped anew in every run."""
    if evidence.total.major_faults:
        return Cause(
            seen=f"{evidence.total.major_faults} page faults that read from disk",
            why="memory is short, or the model was not in it yet",
            remedy="--max-time 30",
        )
    minor = evidence.total.minor_faults
    if minor is None or _per_second(evidence, minor) < FAULTS_PER_SECOND_LIMIT:
        return None
    # Fewer are those of this program, which keeps the samples of short runs by the ten thousand.
    if minor < evidence.total.samples:
        return None
    return Cause(
        seen=f"{_per_second(evidence, minor):.0f} page faults/s",
        why="memory is given back and mapped anew in each run",
        remedy="MALLOC_TRIM_THRESHOLD_=1000000000 in the environment",
    )


def governor_varies(evidence: Evidence) -> Cause | None:
    """The governor may change the frequency while samples are taken."""
    for processor in evidence.end.processors:
        low, high = processor.minimum_hz, processor.maximum_hz
        is_fixed = low is not None and low == high
        if processor.governor not in (None, "performance") and not is_fixed:
            return Cause(
                seen=f"the governor of CPU {processor.cpu} is {processor.governor}",
                why="the frequency follows the load",
                remedy="`cpupower frequency-set -g performance`",
            )
    return None


def boost_varies(evidence: Evidence) -> Cause | None:
    """The CPUs run above their nominal frequency while they are cool enough."""
    if not evidence.has_boost:
        return None
    return Cause(
        seen="boost is on",
        why="the frequency depends on heat",
        remedy="--max-time 30, or switching it off",
    )


def nothing_seen(evidence: Evidence) -> Cause:
    """No other cause was found."""
    hidden = " (a virtual machine hides frequency and heat)" if evidence.is_virtual else ""
    return Cause(
        seen=f"no cause found in the system's counters{hidden}",
        why="the variation may be the model's own",
        remedy="--max-time 30",
    )


def _per_second(evidence: Evidence, number: float) -> float:
    seconds = evidence.total.seconds
    return number / seconds if seconds > 0 else 0.0


def _wait_share(evidence: Evidence) -> float | None:
    """Of the time of the measuring threads; threads beyond the CPUs wait for each other."""
    waited = evidence.total.wait_seconds
    if waited is None:
        return None
    return min(1.0, _per_second(evidence, waited) / evidence.threads)


def _steal_share(evidence: Evidence) -> float | None:
    """Of the CPU time that was asked for."""
    stolen, busy = evidence.total.steal_seconds, evidence.total.busy_seconds
    return None if stolen is None or busy is None else stolen / ((stolen + busy) or 1.0)


def _too_many_threads(evidence: Evidence) -> bool:
    return evidence.cpus_allowed is not None and evidence.threads > len(evidence.cpus_allowed)


def _quiet_cpus(evidence: Evidence) -> str | None:
    """The option that pins to as many CPUs as there are threads, if so many have time to spare.

    CPU 0 has the most interrupts to serve: of CPUs as idle as each other the last is taken.
    """
    among = evidence.busy_share if evidence.is_pinned else evidence.cpus_allowed or ()
    idle = [cpu for cpu in among if evidence.busy_share.get(cpu, 1.0) < BUSY_LIMIT]
    best = sorted(idle, key=lambda cpu: (round(evidence.busy_share[cpu], 1), -cpu))[
        : evidence.threads
    ]
    return f"--pin {cpu_list(sorted(best))}" if len(best) == evidence.threads else None


def _gigahertz(hertz: int) -> str:
    return f"{hertz / 1e9:.2f} GHz"
