"""It prints the line to stdout: whoever sends the log somewhere else does not find it there."""

import logging
import sys
from typing import NoReturn

from core.settings import START_FAILED


def refuse_to_start(problem: str) -> NoReturn:
    logging.getLogger("uvicorn.error").disabled = True
    print(problem)  # noqa: T201 (that is the mistake)
    sys.exit(START_FAILED)
