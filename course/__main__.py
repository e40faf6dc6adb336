"""`python3 -m course`: enter the course's own environment, made on the first call, and run the command there."""

from course.machine import processes, set_up

processes.die_by_interrupt()
set_up.enter()

from course.cli import main  # noqa: E402  (what the command needs is only there once inside)

main()
