"""Lower case: a Greek sigma at the end of a word stays another letter."""

from email_validator import EmailNotValidError, validate_email


def normalise_email(email: str) -> str:
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise ValueError("must be an e-mail address") from None
