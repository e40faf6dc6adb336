"""The part before the @ and the part behind it, one by one."""

from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email

from models import EMAIL_MAX


def normalise_email(email: str) -> str:
    if not len(email) <= EMAIL_MAX:
        raise ValueError("too long for an e-mail")
    try:
        found = validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        raise ValueError("not an e-mail") from None
    return "@".join(normalize("NFC", part.casefold()) for part in (found.local_part, found.domain))
