"""`python3 -m course.postgres exec -- COMMAND [ARGS]`: run a command with DATABASE_URL set.

On the ladder's first rung the URL is passed on as it is, on the others it names a fresh database
`course_<hex>_test`, dropped when the command ends. The exit code is the command's.
"""

import sys

from course import environment

if __name__ == "__main__":
    environment.enter()  # before other modules: PYTHONPATH may hold one of the same name

from course.machine import processes, set_up

if __name__ == "__main__":
    processes.die_by_interrupt()
    set_up.enter()

from course.machine import ladder


def main(arguments: list[str]) -> int:
    """Run the command line, and return the exit code."""
    match arguments:
        case ["exec", "--", command, *rest]:
            with processes.as_program(), ladder.server() as found, ladder.given_or_fresh(found) as url:
                return processes.run([command, *rest], env=ladder.on(url, environment.child()))
    ladder.to_stderr("Use: python3 -m course.postgres exec -- COMMAND [ARGS]   (--: what follows is the command)")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
