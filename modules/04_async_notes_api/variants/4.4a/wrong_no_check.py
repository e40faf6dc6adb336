"""One spelling, of anything."""

from unicodedata import normalize


def normalise_email(email: str) -> str:
    return normalize("NFC", email.casefold())
