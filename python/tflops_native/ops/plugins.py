"""Rules from other installed packages: entry points of the group `tflops_native.rules`.

Each names a module that registers rules when it is imported. They are imported once, and only when a
rule is wanted that is not there: a start without them stays fast.
"""

from functools import cache

from tflops_native.errors import TflopsError
from tflops_native.ops._op import REGISTRY, Rule

ENTRY_POINT_GROUP = "tflops_native.rules"


def find_rule(name: str) -> Rule | None:
    """The rule of an operator, None where neither this package nor another one has it.

    Raises:
        TflopsError: the rules of another package cannot be loaded.
    """
    if name not in REGISTRY:
        load_plugins()
    return REGISTRY.get(name)


@cache
def load_plugins() -> None:
    """Import the modules of all entry points, the first time it is called.

    Raises:
        TflopsError: one fails, or replaces a rule. Half of an analysis would use the one rule and
            half the other; to replace a rule, import your module before you analyze.
    """
    from importlib.metadata import entry_points  # slow to import, and seldom needed

    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name):
        before = dict(REGISTRY)  # imports all rules, which only packages with rules of theirs cost
        try:
            point.load()
        except Exception as error:
            REGISTRY.clear()
            REGISTRY.update(before)
            raise TflopsError(
                f"the rules of entry point {point.name!r} ({point.value}) cannot be loaded: "
                f"{type(error).__name__}: {error}"
            ) from error
        replaced = [name for name, rule in before.items() if REGISTRY.get(name) is not rule]
        if replaced:
            REGISTRY.clear()
            REGISTRY.update(before)
            raise TflopsError(
                f"entry point {point.name!r} ({point.value}) replaces the rule of "
                f"{', '.join(replaced)}: only a module that you import yourself may do so"
            )
