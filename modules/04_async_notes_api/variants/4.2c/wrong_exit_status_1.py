"""sys.exit with a text writes it to stderr, and ends with 1: a worker is started again, for ever."""

import sys
from typing import NoReturn


def refuse_to_start(problem: str) -> NoReturn:
    sys.exit(problem)
