"""For maintainers.

    python -m course.teach.notebooks check [--twice] [NAME ...]    run them; their assertions have to hold
    python -m course.teach.notebooks execute [NAME ...]            run them, and store their outputs
    python -m course.teach.notebooks stale                         which outputs are older than their sources

With `--twice` every cell is run twice, then the kernel is started again and all is run once more. NAME is the file's
name, or its beginning. What the notebooks need is added to the course's environment on the first call.
"""

import sys
from collections.abc import Sequence

from course.errors import UsageError
from course.machine import ladder, processes
from course.teach.notebooks import running, sources


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; returns 1 if something is not as it should be."""
    match arguments:
        case ["stale"]:
            old = [path.stem for path in sources.paths() if sources.is_stale(path)]
            for name in old:
                ladder.to_stderr(f"Older than its sources: python -m course.teach.notebooks execute {name}")
            return 1 if old else 0
        case ["execute", *names]:
            return running.run_all(running.chosen(names), keep=True, twice=False)
        case ["check", *words]:
            names = [word for word in words if word != "--twice"]
            return running.run_all(running.chosen(names), keep=False, twice="--twice" in words)
    raise UsageError("Use: python -m course.teach.notebooks check [--twice] [NAME ...] | execute [NAME ...] | stale")


if __name__ == "__main__":
    with processes.as_program():
        sys.exit(main(sys.argv[1:]))
