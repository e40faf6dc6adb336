"""A page of these tests is whole, although the network changed while it was loading."""

import opening
import pytest
from conftest import Pages
from playwright.sync_api import expect
from served import Served


def test_a_page_whose_module_was_broken_off_is_loaded_again(
    pages: Pages, blog: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = pages.open("about:blank")
    # Playwright breaks nothing off for a changed network; this is the nearest that it has.
    monkeypatch.setattr(opening, "BREAKS_OFF", (*opening.BREAKS_OFF, "net::ERR_CONNECTION_ABORTED"))
    page.route("**/forms.js", lambda route: route.abort("connectionaborted"), times=1)
    opening.goto(page, blog.url)
    expect(page.get_by_role("link", name="Register")).to_be_visible()
    assert pages.console_errors == []
