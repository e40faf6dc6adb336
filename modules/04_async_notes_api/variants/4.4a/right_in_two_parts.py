"""The part before the @ and the part behind it, one by one."""

from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email


def normalise_email(email: str) -> str:
    try:
        found = validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        raise ValueError("not an e-mail") from None
    return "@".join(normalize("NFC", part.casefold()) for part in (found.local_part, found.domain))
