"""Jupyter as the course uses it: with its own kernel and folders, whatever else the user has installed."""

from course.paths import home

GROUP = "notebooks"  # of dependencies, in pyproject.toml


def environment() -> dict[str, str]:
    """The variables that see to it."""
    own = home() / "jupyter"
    quiet = own / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True, exist_ok=True)
    if not quiet.exists():  # no question about news in front of a class, and no look for updates
        quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}\n', encoding="utf-8")
    return {
        "IPYTHONDIR": str(own / "ipython"),
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "MPLCONFIGDIR": str(own / "matplotlib"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",  # the environment's kernels before the user's
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or the debugger warns in each kernel
    }
