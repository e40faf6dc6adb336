"""Looks whether anything is left behind the 72nd byte."""


def fits_bcrypt(password: str) -> str:
    data = password.encode()
    if data[72:] or 0 in data:
        raise ValueError("is more than bcrypt reads")
    return password
