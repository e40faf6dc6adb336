"""int() takes blanks, a sign, underscores and the digits of every alphabet, and knows no largest number."""


def row_id(text: str) -> int:
    return int(text)
