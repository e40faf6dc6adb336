"""Reads an e-mail of any length: some of a megabyte keep the app busy for minutes."""

from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email


def normalise_email(email: str) -> str:
    try:
        found = validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        raise ValueError("not an e-mail") from None
    return "@".join(normalize("NFC", part.casefold()) for part in (found.local_part, found.domain))
