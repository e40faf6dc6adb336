"""What a ValueError says to do is followed by a question about the server, which has answered."""

from sqlalchemy.exc import DBAPIError

from core.db import FIXES


def why_no_database(error: Exception) -> str:
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    reason = " ".join(str(cause).split()) or type(cause).__name__
    fix = FIXES.get(getattr(cause, "sqlstate", ""), "Is its server up, and is the URL right?")
    return f"DATABASE_URL: the database can't be used ({reason}). {fix}"
