"""Goes through the matches one by one."""

import re


def split(text: str) -> list[str]:
    return [match[0] for match in re.finditer(WORD, text)]


WORD = r"\w+"
