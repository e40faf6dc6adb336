"""Other words, no special sentence for what is missing, and both errors caught in one place."""

import logging
import os
import sys
from typing import NoReturn

from pydantic import ValidationError

from core.settings import START_FAILED, Settings


def what_is_wrong(error: ValidationError) -> str:
    problems = {str(each["loc"][-1]).upper(): each["msg"].lower() for each in error.errors(include_input=False)}
    return "Settings: " + ", ".join(f"{name} ({message})" for name, message in problems.items())


def refuse_to_start(problem: str) -> NoReturn:
    logging.getLogger("uvicorn.error").disabled = True
    print(problem, file=sys.stderr)  # noqa: T201 (to stderr, which is where it belongs)
    raise SystemExit(START_FAILED)


def load_settings() -> Settings:
    try:
        return Settings()
    except (ValidationError, UnicodeDecodeError) as error:
        problem = what_is_wrong(error) if isinstance(error, ValidationError) else f".env can't be read{os.extsep}"
    refuse_to_start(problem)
