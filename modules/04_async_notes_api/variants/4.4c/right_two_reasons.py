"""Says which of the two it is."""

from schemas import PASSWORD_MAX_BYTES


def fits_bcrypt(password: str) -> str:
    too_many = len(bytes(password, "utf-8")) - PASSWORD_MAX_BYTES
    if too_many > 0:
        raise ValueError(f"is {too_many} bytes too long")
    if chr(0) in password:
        raise ValueError("holds the character NUL")
    return password
