"""Tests of the stages' pages in a real browser: Chromium or Chrome, driven by Playwright.

Where there is no browser they are not run, and the summary says what to install; with CI=true that is a failure.
"""

import os
from collections.abc import Iterator

import opening
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from served import Served

from course.machine import browsers, ladder, ports
from course.machine.migrations import migrate
from course.stages import stage_by_id

NO_BROWSER = "not run: there is no Chromium or Chrome; install one with your system's package manager or from its maker"
# Nothing but the page itself: no updates, no syncing, no first-run questions.
ARGUMENTS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]

expect.set_options(timeout=60_000)  # a page that comes to what is expected is not slowed by it


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if browsers.find():
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(NO_BROWSER)
    config.hook.pytest_deselected(items=items)
    items.clear()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not browsers.find() and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not browsers.find():
        terminalreporter.section("not run")
        terminalreporter.line(NO_BROWSER)


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A database for these tests."""
    with ladder.server() as found, ladder.fresh_database(found) as url:
        yield url


@pytest.fixture(scope="session")
def browser(database_url: str) -> Iterator[Browser]:
    """A browser without a window. It opens after the database and closes before it, since it keeps the event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browsers.find(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def websockets(database_url: str) -> Iterator[Served]:
    """Stage 05b on two worker processes."""
    with (
        ports.reserved(ports.FIRST_PORT + 50) as port,
        Served(stage_by_id("05b"), port, database_url, workers=2) as served,
    ):
        served.start()
        yield served


@pytest.fixture(scope="module")
def blog(database_url: str) -> Iterator[Served]:
    """The capstone."""
    stage = stage_by_id("06")
    with ports.reserved(ports.FIRST_PORT + 60) as port, Served(stage, port, database_url) as served:
        served.env["BCRYPT_ROUNDS"] = "4"
        migrate(stage, served.env)
        served.start()
        yield served


class Pages:
    """Pages that were opened: what they asked for, and what went wrong in them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.asked_for: list[str] = []
        self.problems: list[str] = []
        self.console_errors: list[str] = []  # also what the browser itself writes, of each answer that is no 2xx

    def open(self, url: str, width: int = 1280, height: int = 800) -> Page:
        """A page in a browser of its own, as another person would have it."""
        page = self._browser.new_context(viewport={"width": width, "height": height}).new_page()
        page.set_default_timeout(30_000)
        page.on("request", lambda request: self.asked_for.append(request.url))
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        opening.goto(page, url)
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not opening.is_broken_off(message.text):
            self.console_errors.append(message.text)

    def close(self) -> None:
        for context in self._browser.contexts:
            context.close()


@pytest.fixture
def pages(browser: Browser) -> Iterator[Pages]:
    pages = Pages(browser)
    yield pages
    pages.close()
    assert pages.problems == []
