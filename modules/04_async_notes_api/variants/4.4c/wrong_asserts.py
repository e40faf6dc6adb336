"""An AssertionError: pydantic takes it for a ValueError, and the login, which calls this itself, does not."""


def fits_bcrypt(password: str) -> str:
    assert len(password.encode()) <= 72
    assert "\0" not in password
    return password
