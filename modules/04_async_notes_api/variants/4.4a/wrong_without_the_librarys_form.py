"""It takes what was sent, and not what the library makes of it: one domain has two spellings."""

from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email


def normalise_email(email: str) -> str:
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        raise ValueError("must be an e-mail address") from None
    return normalize("NFC", email.casefold())
