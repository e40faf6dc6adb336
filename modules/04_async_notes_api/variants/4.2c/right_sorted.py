"""The names first, then their messages, in the order of the alphabet."""

import logging
import sys
from typing import NoReturn

from pydantic import ValidationError

from core.settings import Settings


def what_is_wrong(error: ValidationError) -> str:
    lines = sorted(f"{problem['loc'][0]}".upper() + ": " + problem["msg"] for problem in error.errors())
    return " | ".join(lines)


def refuse_to_start(problem: str) -> NoReturn:
    logging.getLogger("uvicorn.error").disabled = True
    sys.stderr.writelines([problem, "\n"])
    sys.exit(3)


def load_settings() -> Settings:
    try:
        settings = Settings()
    except UnicodeDecodeError:
        refuse_to_start("Save .env in UTF-8, please")
    except ValidationError as error:
        refuse_to_start(what_is_wrong(error))
    return settings
