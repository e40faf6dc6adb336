"""Jupyter as the course uses it: with its own kernel and folders, whatever else the user has installed."""

import json
from pathlib import Path
from typing import Any

from course.paths import home

GROUP = "notebooks"  # of dependencies, in pyproject.toml


def environment(*, slides: bool = False) -> dict[str, str]:
    """The variables that see to it."""
    own = home() / "jupyter"
    settings = own / ("settings-of-slides" if slides else "settings")
    # No question about news in front of a class, and no look for updates.
    _set(settings, "apputils-extension/notification", {"fetchNews": "false", "checkForUpdates": False})
    if slides:  # the speaker's window opens the notebook twice more, and each would save over the others
        _set(settings, "docmanager-extension/plugin", {"autosave": False})
    return {
        "IPYTHONDIR": str(own / "ipython"),
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "MPLCONFIGDIR": str(own / "matplotlib"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",  # the environment's kernels before the user's
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or the debugger warns in each kernel
    }


def _set(settings: Path, plugin: str, values: dict[str, Any]) -> None:
    """Set a plugin of JupyterLab's, unless the user has set it."""
    path = settings / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(f"{json.dumps(values)}\n", encoding="utf-8")
