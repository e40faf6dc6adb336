"""It says that something is wrong, and not what."""


def why_no_database(error: Exception) -> str:
    return "DATABASE_URL: the database can't be used. Is its server up, and is the URL right?"
