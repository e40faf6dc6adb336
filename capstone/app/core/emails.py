"""E-mail addresses."""

import email_validator


def normalise_email(text: str) -> str:
    """Return the one way in which we write this address. Raises ValueError for what is no address.

    All of it in lower case: strictly the part before the @ belongs to the receiving host, which might tell Bob from
    bob. No host does, and two accounts for one person is the mistake that really happens.
    """
    # test_environment: addresses under .test can't receive mail, and are made for trying things out.
    address = email_validator.validate_email(text, check_deliverability=False, test_environment=True)
    return address.normalized.lower()
