"""A number that is written as it was read, and fits."""


def row_id(text: str) -> int:
    if len(text) > 19:
        raise ValueError("too long")
    number = int(text)
    if str(number) != text or not 0 < number < 2**63:
        raise ValueError("not from 1 to 9223372036854775807")
    return number
