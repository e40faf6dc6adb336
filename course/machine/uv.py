"""uv in pip's place, told what pip has been told of where packages come from. Standard library only.

uv reads neither pip.conf nor PIP_INDEX_URL, which whoever sits behind a mirror or a proxy has set once and for all.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from course import environment

# pip's settings, and uv's variables for the same.
SAME = {
    "cert": ("SSL_CERT_FILE",),
    "client-cert": ("SSL_CLIENT_CERT",),
    "default-timeout": ("UV_HTTP_TIMEOUT",),
    "timeout": ("UV_HTTP_TIMEOUT",),
    "extra-index-url": ("UV_INDEX",),
    "find-links": ("UV_FIND_LINKS",),
    "index-url": ("UV_DEFAULT_INDEX",),
    "proxy": ("HTTP_PROXY", "HTTPS_PROXY"),
    "retries": ("UV_HTTP_RETRIES",),
    "trusted-host": ("UV_INSECURE_HOST",),
}
PIP_ALONE = {"no-index", "keyring-provider"}  # uv has no variable for these
LISTED = re.compile(r"^(?:global|install)\.([\w-]+)=(.+)$", re.MULTILINE)


def program() -> str | None:
    """Where uv is: in the environment that runs this process, or on the PATH."""
    beside = str(Path(sys.executable).parent)
    return shutil.which("uv", path=os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]))


def variables() -> dict[str, str] | None:
    """What makes uv install as pip would here. None if something can't be told to it, so that pip has to do it."""
    told = _told_to_pip()
    if PIP_ALONE & told.keys():
        return None
    # pip trusts whom the system trusts, and takes the best version of all indexes.
    said = {"UV_SYSTEM_CERTS": "1", "UV_INDEX_STRATEGY": "unsafe-best-match"}
    if sys.dont_write_bytecode:  # nobody will keep what is compiled when it is first imported
        said["UV_COMPILE_BYTECODE"] = "1"
    for setting, names in SAME.items():
        if value := _in_uvs_words(setting, told.get(setting, "")):
            said |= dict.fromkeys(names, value)
    return {name: value for name, value in said.items() if not (name.startswith("UV_") and name in os.environ)}


def _told_to_pip() -> dict[str, str]:
    """pip's settings: those of its files, where there is a pip to ask, and the variables, which win."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        env=environment.installer(),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    of_files = {name: str(ast.literal_eval(value)) for name, value in LISTED.findall(listed.stdout)}
    own = {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in os.environ.items()
        if name.startswith("PIP_") and value
    }
    return {**of_files, **own}


def _in_uvs_words(setting: str, value: str) -> str:
    """A value of pip's as uv reads it; uv refuses a folder of packages that is not there, which pip passes over."""
    if setting != "find-links":
        return " ".join(value.split())
    return ",".join(each for each in value.split() if "://" in each or Path(each).expanduser().exists())
