"""Whether the system tells of files that are saved: the number of its watchers is limited, and editors take many."""

from pathlib import Path

from course.machine import processes

POLLING = "WATCHFILES_FORCE_POLLING"  # what uvicorn's reload goes by


def must_poll(folder: Path) -> bool:
    """Has the system no watcher left for a folder, so that one has to look at its files again and again?"""
    from watchfiles import watch

    turns = watch(folder, rust_timeout=1, step=1, debounce=1, yield_on_timeout=True)
    try:
        with processes.shielded():  # it would take a signal for its own
            next(turns)
    except (OSError, RuntimeError):
        return True
    finally:
        turns.close()
    return False
