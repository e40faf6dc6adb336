"""The `course` command, shared by students, instructors and CI: `python3 -m course`."""

# This file is read by whatever Python the student has, Python 2 included: keep its syntax that old.
import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "This course needs Python 3.11 or newer, and this is Python %d.%d: install a newer one and start it "  # noqa: UP031
        "by its name, for example `python3.13 -m course` (Windows: `py -3.13 -m course`)." % tuple(sys.version_info[:2])
    )
