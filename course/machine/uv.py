"""uv in pip's place, told what pip has been told of where packages come from. Standard library only.

uv reads neither pip.conf nor PIP_INDEX_URL, which whoever sits behind a mirror or a proxy has set once and for all.
"""

import os
import shutil
import sys
from pathlib import Path

from course import environment

# pip's settings, and uv's variables for the same.
SAME = {
    "PIP_CERT": ("SSL_CERT_FILE",),
    "PIP_CLIENT_CERT": ("SSL_CLIENT_CERT",),
    "PIP_DEFAULT_TIMEOUT": ("UV_HTTP_TIMEOUT",),
    "PIP_TIMEOUT": ("UV_HTTP_TIMEOUT",),
    "PIP_EXTRA_INDEX_URL": ("UV_INDEX",),
    "PIP_FIND_LINKS": ("UV_FIND_LINKS",),
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX",),
    "PIP_PROXY": ("HTTP_PROXY", "HTTPS_PROXY"),
    "PIP_RETRIES": ("UV_HTTP_RETRIES",),
    "PIP_TRUSTED_HOST": ("UV_INSECURE_HOST",),
}
PIP_ALONE = {"PIP_NO_INDEX", "PIP_KEYRING_PROVIDER"}  # uv has no variable for these


def program() -> str | None:
    """Where uv is: in the environment that runs this process, or on the PATH."""
    beside = str(Path(sys.executable).parent)
    return shutil.which("uv", path=os.pathsep.join([beside, os.environ.get("PATH", os.defpath)]))


def variables() -> dict[str, str] | None:
    """What makes uv install as pip would here. None if something can't be told to it, so that pip has to do it."""
    told = environment.pip_settings()
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


def _in_uvs_words(setting: str, value: str) -> str:
    """A value of pip's as uv reads it; uv refuses a folder of packages that is not there, which pip passes over."""
    if setting != "PIP_FIND_LINKS":
        return " ".join(value.split())
    return ",".join(each for each in value.split() if "://" in each or Path(each).expanduser().exists())
