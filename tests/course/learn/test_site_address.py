"""Where a step is to be read: a page's path, or its address while the site is served."""

from pathlib import Path

import pytest

from course.learn.site.address import noted, place, running
from course.machine.material.lessons import FRONT, Page, where
from course.stages import STAGES

SITE = "http://127.0.0.1:8080/"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))


def test_a_page_is_a_path_until_the_site_is_served_and_again_afterwards() -> None:
    page, heading = where("4.2")
    path = "modules/04_async_notes_api/lesson/4.2-settings"
    assert place(page, heading) == f"{path}.md"
    with noted(SITE):
        assert place(page, heading) == f"{SITE}{path}/"
    assert place(page, heading) == f"{path}.md"


def test_the_address_of_a_step_leads_to_its_heading() -> None:
    with noted(SITE):
        assert place(*where("4.2b")).endswith("/4.2-settings/#step-42b-refuse-a-secret-that-is-too-short")


def test_a_front_page_is_its_folder() -> None:
    with noted(SITE):
        assert place(Page(STAGES[-1], FRONT, "# The blog"), "The blog") == f"{SITE}capstone/"


def test_a_note_that_a_killed_server_left_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "site-address").write_text(SITE, encoding="utf-8")
    assert running() is None
