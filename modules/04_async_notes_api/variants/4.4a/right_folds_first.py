"""Folds before the library looks, and after it."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

from models import EMAIL_MAX


def normalise_email(email: str) -> str:
    if len(email) > EMAIL_MAX:
        raise ValueError("is too long")
    try:
        result = validate_email(email.casefold(), check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError("is no e-mail") from error
    return unicodedata.normalize("NFC", result.normalized.casefold())
