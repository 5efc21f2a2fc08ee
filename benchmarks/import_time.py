"""What `import tflops_native` costs a program, over bare Python startup.

Every figure is the wall time of a whole process. Also looks whether the import loads what it should
leave alone until it is needed: numpy and the compiled core.
"""

import subprocess
import sys

from side_by_side import (
    difference,
    format_seconds,
    print_goal,
    print_table,
    process_seconds,
    run_rounds,
)

ROUNDS = 30
GOAL = 50e-3
HEAVY = ("numpy", "tflops_native._native")

BARE = "python -c pass"
IMPORT = "python -c 'import tflops_native'"


def heavy_modules_loaded() -> list[str]:
    """Those of `HEAVY` that a fresh process holds after the import."""
    script = "import sys, tflops_native; print(*sys.modules, sep='\\n')"
    command = [sys.executable, "-c", script]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sorted(set(HEAVY) & set(output.split()))


def main() -> None:
    loaded = heavy_modules_loaded()
    figures = run_rounds(
        {
            BARE: lambda: process_seconds([sys.executable, "-c", "pass"]),
            IMPORT: lambda: process_seconds([sys.executable, "-c", "import tflops_native"]),
        },
        ROUNDS,
    )
    print_table(figures, BARE)
    print_goal("import over bare Python", difference(figures, IMPORT, BARE), GOAL, format_seconds)
    verdict = f"MISSED, {', '.join(loaded)} loaded" if loaded else "met"
    print(f"goal {verdict}: the import loads neither {' nor '.join(HEAVY)}")


if __name__ == "__main__":
    main()
