"""SQLAlchemy's own text has several lines, with a link."""

from core.db import FIXES


def why_no_database(error: Exception) -> str:
    fix = FIXES.get(getattr(error, "sqlstate", ""), "Is its server up, and is the URL right?")
    return f"DATABASE_URL: the database can't be used ({error}). {fix}"
