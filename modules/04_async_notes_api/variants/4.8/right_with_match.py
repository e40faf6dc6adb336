"""Told apart by kind, the reason's lines joined by a semicolon."""

from sqlalchemy.exc import DBAPIError

from core.db import FIXES


def why_no_database(error: Exception) -> str:
    match error:
        case DBAPIError(orig=BaseException(__cause__=BaseException() as cause)):
            pass
        case _:
            cause = error
    reason = "; ".join(line.strip() for line in str(cause).splitlines()) or type(cause).__name__
    if isinstance(error, ValueError):
        return "DATABASE_URL: " + reason
    return f"DATABASE_URL leads to no database. {reason}. {FIXES.get(getattr(cause, 'sqlstate', None), 'Look at it.')}"
