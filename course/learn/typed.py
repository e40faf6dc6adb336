"""What was typed, where a shell has rewritten it: Git Bash turns `/health` into `C:/Program Files/Git/health`.

It takes each word that begins with a slash for one of its own files, and puts its folder before it.
"""

import os
import re
from collections.abc import Mapping
from pathlib import PureWindowsPath

from course.errors import UsageError

DRIVE = re.compile(r"[A-Za-z]:[/\\]")
# The folders that such a shell is installed in, by their usual names.
USUAL = r"[A-Za-z]:/(?:.*?/)??(?:Git|PortableGit|git-for-windows|git-sdk-\d+|msys\d*|cygwin\d*|apps/git/[^/]+)(?=/|$)"
OWN_PARTS = {"usr", "bin", "cmd", "mingw64", "mingw32"}


def path(word: str, variables: Mapping[str, str] = os.environ) -> str:
    """A path on a server, as it was typed. Raises UsageError if a shell has made something else of it."""
    if not DRIVE.match(word):
        return word[1:] if word.startswith("//") else word  # `//health` is how one says it to Git Bash
    restored = value(word, {**variables, "MSYSTEM": "any"})
    if restored == word:
        raise UsageError(
            f"Your shell has turned the path that you typed into {word}: write MSYS_NO_PATHCONV=1 before the command."
        )
    return restored


def value(word: str, variables: Mapping[str, str] = os.environ) -> str:
    """A word of a command, as it was typed: a path of the shell's own folder is none again."""
    if "MSYSTEM" not in variables:
        return word
    roots = [USUAL, *(re.escape(each) + "(?=/|$)" for each in _roots(variables))]
    return re.sub(rf"^(?:{'|'.join(roots)})/?", "/", word.replace("\\", "/") if DRIVE.match(word) else word, flags=re.I)


def _roots(variables: Mapping[str, str]) -> list[str]:
    """Where this shell is installed, by the variables that tell of it."""
    roots = []
    for name in ("EXEPATH", "SHELL", "BASH"):
        folder = PureWindowsPath(variables.get(name, ""))
        if not folder.drive:
            continue
        if folder.name.lower() in ("bash.exe", "bash", "sh.exe"):
            folder = folder.parent
        while folder.name.lower() in OWN_PARTS:
            folder = folder.parent
        roots.append(folder.as_posix())
    return roots
