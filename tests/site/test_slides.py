"""`course lab --slides` in a real browser: cells one at a time, the notes in a window of their own, and no network."""

import signal
from contextlib import ExitStack
from pathlib import Path

import machine
import opening
from playwright.sync_api import Browser

from course.machine import ports, set_up
from course.paths import ROOT


def test_a_notebook_is_shown_as_slides_with_the_notes_beside_it(browser: Browser, tmp_path: Path) -> None:
    command = [str(set_up.PYTHON), "-m", "course", "lab", "--slides", "--no-browser", "--port", str(ports.any_free())]
    with ExitStack() as stack:
        home = stack.enter_context(machine.new_home())
        env = home.env(COURSE_WORKSPACE=str(tmp_path / "mine"), COURSE_POSTGRES="embedded")
        lab = stack.enter_context(machine.start(command, cwd=ROOT, env=env))
        context = stack.enter_context(browser.new_context())
        url = lab.until(r"Slides: (http\S+/04_async_notes_api\.ipynb\S+)")[1]
        page = context.new_page()
        elsewhere: list[str] = []
        context.on("request", lambda asked: elsewhere.append(asked.url) if asked.url.startswith("http") else None)
        opening.goto(page, url)
        slide = page.locator("section.present:not(.stack)")
        for heading in ("Module 4, live: an async API that holds", "The app"):
            slide.get_by_role("heading", name=heading, exact=True).wait_for()
            page.keyboard.press("Space")
        slide.get_by_text('app = await stage("04")').click()  # the keys are the slide's once it has been clicked
        page.keyboard.press("Escape")
        with context.expect_page() as opened:
            page.keyboard.press("t")
        notes = opened.value.get_by_text("Say: this is the finished stage")

        def followed() -> bool:
            """A window that was still loading stays at the title: it comes along with the next slide."""
            page.keyboard.press("Shift+Space")
            page.keyboard.press("Space")
            page.wait_for_timeout(500)
            return notes.is_visible()

        machine.eventually(followed, "the notes in the speaker's window")
        page.evaluate("location.hash = '#/slide-1-0'")  # wherever it is after the keys that were lost
        slide.get_by_role("heading", name="The app", exact=True).wait_for()
        page.keyboard.press("ArrowRight")
        slide.get_by_role("heading", name="A user and a note, and the rows behind them").wait_for()
        assert {each for each in elsewhere if not each.startswith(f"http://{ports.HOST}:")} == set()
        assert lab.stop(signal.SIGINT) == 130
