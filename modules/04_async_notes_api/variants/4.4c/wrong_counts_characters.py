"""Counts characters: 19 emoji are 76 bytes."""


def fits_bcrypt(password: str) -> str:
    if len(password) > 72 or "\0" in password:
        raise ValueError("is too long")
    return password
