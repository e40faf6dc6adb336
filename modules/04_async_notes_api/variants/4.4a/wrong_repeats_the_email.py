"""The message holds what was sent: it goes into the answer, and into every log."""

from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email


def normalise_email(email: str) -> str:
    try:
        valid = validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError(f"{email} is no e-mail address") from None
    return normalize("NFC", valid.casefold())
