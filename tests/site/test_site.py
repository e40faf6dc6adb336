"""The lessons' site in a real browser: everybody can use each kind of page, and none asks for anything elsewhere."""

import re
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import opening
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from course import paths
from course.errors import CourseError
from course.learn.site import gathering
from course.learn.site.building import build
from course.learn.site.serving import Handler
from course.machine import ports
from course.paths import ROOT

PAGES = {
    "home": "",
    "stage": "modules/04_async_notes_api/",
    "lesson": "modules/04_async_notes_api/lesson/4.2-settings/",
    "lesson with a diff": "modules/04_async_notes_api/lesson/4.4-schemas/",
    "lesson with wide tables": "capstone/lesson/6.3-what-the-final-codebase-demonstrates/",
    "notebook": "notebooks/06_capstone/",
    "quiz": "notebooks/quiz_04/",
    "kit": "notebooks/",
    "source": "capstone/app/security/tokens.py/",
}
DESKTOP = (1440, 900)
OF_COLOURS = ("color-contrast", "link-in-text-block")  # axe's rules that look at them, but for those that are off
ONLY_COLOURS = {"runOnly": {"type": "rule", "values": OF_COLOURS}}
NO_COLOURS = {"rules": {rule: {"enabled": False} for rule in OF_COLOURS}}  # to look at them takes longest


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of its own: a reader may have the site open at this moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_HOME", str(tmp_path_factory.mktemp("home")))
        yield paths.home()


@pytest.fixture(scope="session")
def site(home: Path) -> Path:
    return build()


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer((ports.HOST, 0), partial(Handler, directory=str(site))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{ports.HOST}:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(
    params=[(*DESKTOP, "light"), (*DESKTOP, "dark"), (390, 844, "light")],
    ids=["desktop, light", "desktop, dark", "phone"],  # which shows less, in the same two sets of colours
)
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """A page as a reader has it who prefers light or dark; it may ask for nothing but the site."""
    width, height, colours = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=colours,
        reduced_motion="reduce",
        base_url=address,
    )
    page = context.new_page()
    elsewhere: list[str] = []
    page.on("request", lambda asked: elsewhere.append(asked.url) if not asked.url.startswith(address) else None)
    yield page
    context.close()
    assert elsewhere == []


def findings(page: Page, **options: Any) -> list[str]:
    """What axe finds, each with the first place."""
    violations = Axe().run(page, options=options).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in violations for node in each["nodes"]]


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_axe_finds_nothing_on_a_page_and_it_is_no_wider_than_the_screen(page: Page, path: str) -> None:
    opening.goto(page, path)
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    is_small = page.viewport_size["width"] < DESKTOP[0]
    # A page in the dark differs from the same page in the light by its colours, and by the switch that all pages have;
    # on a phone its colours are those of the light.
    options = {} if not path else ONLY_COLOURS if is_dark else NO_COLOURS if is_small else {}
    assert findings(page, **options) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_axe_finds_nothing_while_the_search_is_open_and_the_search_finds_a_lesson(page: Page) -> None:
    opening.goto(page, "", wait_until="networkidle")  # until the search has its index, it takes no key
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("bcrypt")
    page.get_by_role("option").filter(has_text="Step 4.5a").wait_for()
    assert findings(page) == []


def test_a_link_to_no_file_is_named_with_its_page(tmp_path: Path) -> None:
    front = ROOT / "README.md"
    gathered = gathering.Gathering(tmp_path)
    text = gathered._linked("[04](modules/04_async_notes_api) [more](nowhere.py) `[code](nowhere.py)`", front, front)
    assert text == "[04](modules/04_async_notes_api/README.md) [more](nowhere.py) `[code](nowhere.py)`"
    assert gathered.missing == ["README.md: the link to nowhere.py leads to no file."]


def test_a_link_to_no_heading_fails_the_build(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = gathering.Gathering._page
    monkeypatch.setattr(gathering.Gathering, "_page", lambda each, path: f"{page(each, path)}\n[more](#no-heading)\n")
    monkeypatch.setenv("COURSE_HOME", str(home / "broken"))
    with pytest.raises(CourseError, match="anchor does not exist"):
        build()


def test_each_question_of_the_quizzes_stands_on_the_page_of_its_section(site: Path) -> None:
    quizzes = [path.read_text(encoding="utf-8") for path in (ROOT / "notebooks").glob("quiz_*.md")]
    asked = [question for questions in gathering.questions().values() for question in questions]
    assert len(asked) == sum(len(re.findall(r"^##+ \d+\. ", text, re.MULTILINE)) for text in quizzes)
    page = (site / PAGES["lesson"] / "index.html").read_text(encoding="utf-8")
    assert "A secret called supersecret" in page


def test_a_notebook_shows_its_stored_plots(site: Path) -> None:
    assert "06_capstone_files/" in (site / PAGES["notebook"] / "index.html").read_text(encoding="utf-8")
    assert list((site / "notebooks" / "06_capstone_files").glob("*.png"))
