"""With ifs alone, and words of its own."""

import re

from sqlalchemy.exc import DBAPIError

from core.db import FIXES


def why_no_database(error: Exception) -> str:
    cause: BaseException = error
    while isinstance(cause, DBAPIError) or (cause.__cause__ is not None and not hasattr(cause, "sqlstate")):
        cause = getattr(cause, "orig", None) or cause.__cause__ or Exception("no reason was given")
    if cause.__cause__ is not None and hasattr(cause.__cause__, "sqlstate"):
        cause = cause.__cause__
    reason = re.sub(r"\s+", " ", str(cause)).strip()
    if not reason:
        reason = cause.__class__.__qualname__
    what_to_do = ""
    if getattr(cause, "sqlstate", None) in FIXES:
        what_to_do = FIXES[cause.sqlstate]
    elif not isinstance(cause, ValueError):
        what_to_do = "Check host, port and name."
    return f"Can't use the database of DATABASE_URL: {reason} {what_to_do}"
