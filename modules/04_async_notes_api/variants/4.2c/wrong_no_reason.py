"""Names the variables, and does not say what is wrong with them."""

import logging
import sys
from typing import NoReturn

from pydantic import ValidationError

from core.settings import Settings


def what_is_wrong(error: ValidationError) -> str:
    return "; ".join(f"{problem['loc'][0]} is bad".upper() for problem in error.errors())


def refuse_to_start(problem: str) -> NoReturn:
    logging.getLogger("uvicorn.error").disabled = True
    sys.stderr.write(problem + "\n")
    sys.exit(3)


def load_settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        refuse_to_start(what_is_wrong(error))
    except UnicodeDecodeError:
        refuse_to_start("Save .env in UTF-8, please")
