"""Folds before the library looks, and after it."""

import unicodedata

from email_validator import EmailNotValidError, validate_email


def normalise_email(email: str) -> str:
    try:
        result = validate_email(email.casefold(), check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError("is no e-mail") from error
    return unicodedata.normalize("NFC", result.normalized.casefold())
