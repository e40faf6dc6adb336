"""The browser of this machine: Chromium, or one that is made from it."""

import os
import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
# The installers of macOS and Windows put nothing on the PATH.
MAC_FOLDER = Path("/Applications")
ON_MAC = ("Google Chrome", "Chromium", "Microsoft Edge")
WINDOWS_FOLDERS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")  # variables that name them
ON_WINDOWS = (
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)


def find() -> str | None:
    """The path of the first one that is here."""
    on_path = filter(None, map(shutil.which, ON_PATH))
    installed = (str(path) for path in _installed() if path.is_file())
    return next(chain(on_path, installed), None)


def _installed() -> Iterator[Path]:
    """Where the installers put one."""
    for name in ON_MAC:
        yield MAC_FOLDER / f"{name}.app" / "Contents" / "MacOS" / name
    folders = [os.environ[name] for name in WINDOWS_FOLDERS if name in os.environ]
    for program in ON_WINDOWS:
        yield from (Path(folder, program) for folder in folders)
