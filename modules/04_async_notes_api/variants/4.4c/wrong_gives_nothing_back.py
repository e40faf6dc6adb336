"""A validator that returns nothing: the password is None."""


def fits_bcrypt(password: str) -> str:  # type: ignore[return]
    if len(password.encode()) > 72 or "\0" in password:
        raise ValueError("is too long")
