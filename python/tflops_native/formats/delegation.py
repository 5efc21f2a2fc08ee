"""Why operators stayed outside of the delegate: a line for each reason."""

from collections import Counter

from tflops_native.formats.document import Found, Line
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.formatting import plural
from tflops_native.reports.report import Report

_REASONS = 8
_NAMES = 4


def delegation_lines(report: Report) -> Found:
    """How many operators there are outside, the most frequent reasons, and those without one."""
    profile = None if report.timing is None else report.timing.profile
    if profile is None or not profile.kept:
        return []
    reasons = Counter(one.reason for one in profile.kept if one.reason is not None).most_common()
    unknown = Counter(printable(o.name, NAME_LIMIT) for o in profile.kept if o.reason is None)
    lines = [f"{plural(len(profile.kept), 'operator')} on the runtime's own kernels"]
    lines += [f"{count:,} of them: {printable(reason)}" for reason, count in reasons[:_REASONS]]
    if rest := reasons[_REASONS:]:
        count = sum(count for _, count in rest)
        lines.append(f"{count:,} of them for {plural(len(rest), 'other reason')}")
    if unknown:
        names = ", ".join(f"{count:,} {name}" for name, count in unknown.most_common(_NAMES))
        more = f" and {len(unknown) - _NAMES} more types" if len(unknown) > _NAMES else ""
        lines.append(f"no reason known: {names}{more}")
    return [Line("outside", text) for text in lines]
