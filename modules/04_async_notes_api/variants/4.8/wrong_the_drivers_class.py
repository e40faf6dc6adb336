"""Shows the text of SQLAlchemy's `orig`, which begins with the name of a class."""

from sqlalchemy.exc import DBAPIError

from core.db import FIXES


def why_no_database(error: Exception) -> str:
    reason = error.orig if isinstance(error, DBAPIError) else error
    cause = getattr(reason, "__cause__", None)
    text = " ".join(str(reason).split()) or type(reason).__name__
    return f"DATABASE_URL: {text}. {FIXES.get(getattr(cause, 'sqlstate', ''), 'Is its server up?')}"
