"""`python3 -m course`: enter the course's own environment, made on the first call, and run the command there."""

import sys

if __name__ == "__main__":
    # The folder that this was called in: a file of the user's there may have the name of a module.
    sys.path.append(sys.path.pop(0))

from course import environment


def main() -> None:
    """Run the command line in the environment."""
    environment.enter()  # before other modules: PYTHONPATH may hold one of the same name
    from course.machine import processes, set_up

    processes.die_by_interrupt()
    set_up.enter()
    with set_up.repairing():
        from course.cli import main  # what the command needs is only there once inside

        main()


if __name__ == "__main__":
    main()
