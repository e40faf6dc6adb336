"""Pages opened in a real browser, whatever happens to the machine's network meanwhile."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Error, Page, Request

BREAKS_OFF = ("net::ERR_NETWORK_CHANGED",)


def goto(page: Page, url: str, **how: Any) -> None:
    """Go to a URL, as `Page.goto` does with the same arguments; no file of the page is missing then."""
    _load(page, lambda: page.goto(url, **how))


def reload(page: Page) -> None:
    """Load the page once more; no file of it is missing then."""
    _load(page, page.reload)


def is_broken_off(message: str) -> bool:
    """Whether an error of the browser says so."""
    return any(error in message for error in BREAKS_OFF)


def _load(page: Page, load: Callable[[], object]) -> None:
    """Load until the network stays as it is: each container that starts or stops changes it.

    Chromium then breaks off the connections that it is opening, and a page whose module was to come by one stays empty.
    """
    broken_off: list[str] = []

    def note(request: Request) -> None:
        if request.failure in BREAKS_OFF:
            broken_off.append(request.url)

    page.on("requestfailed", note)
    try:
        while True:
            try:
                load()
                page.evaluate("null")  # by its answer, all that was broken off has been told
            except Error as error:
                if not is_broken_off(error.message):
                    raise
                continue
            if not broken_off:
                return
            broken_off.clear()
            load = page.reload  # where only what stands behind the # differs, `goto` loads nothing
    finally:
        page.remove_listener("requestfailed", note)
