"""Cuts the password off: two that begin alike are one."""


def fits_bcrypt(password: str) -> str:
    return password.encode()[:72].decode(errors="ignore")
