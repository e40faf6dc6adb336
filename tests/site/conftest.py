"""The browser of the site's tests: the Chromium or Chrome that this machine has."""

from collections.abc import Iterator

import pytest
from not_run import not_run
from playwright.sync_api import Browser, sync_playwright

from course.machine import browsers


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not browsers.find():
        not_run("there is no Chromium or Chrome", "install one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browsers.find())
        yield browser
        browser.close()
