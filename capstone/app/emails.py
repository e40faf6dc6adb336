"""E-mail addresses."""

import unicodedata

import email_validator

# Addresses of a network of one's own (.local) and for trying things out (.test) are well formed too.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def normalise_email(text: str) -> str:
    """Return the one way in which we write this address. Raises ValueError for what is no address.

    Letter case is folded away, as Unicode does it: lower case alone has two small sigmas for one capital. Strictly the
    part before the @ belongs to the receiving host, which might tell Bob from bob. No host does, and two accounts for
    one person is the mistake that really happens.
    """
    address = email_validator.validate_email(text, check_deliverability=False)
    return unicodedata.normalize("NFC", address.normalized.casefold())
