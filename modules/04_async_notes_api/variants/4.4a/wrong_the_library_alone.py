"""As pydantic's EmailStr does it: only the part behind the @ is in lower case."""

from email_validator import EmailNotValidError, validate_email


def normalise_email(email: str) -> str:
    try:
        return validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError("must be an e-mail address") from None
