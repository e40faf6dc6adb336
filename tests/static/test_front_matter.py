"""What a newcomer reads first is true: links lead somewhere, and the variables and commands that are named exist."""

import re
from pathlib import Path

import pytest
import typer

from course.cli import app
from course.stages import STAGES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
KIT = sorted((ROOT / "notebooks").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_to_a_file_of_this_repository(page: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("page", [*PAGES, *KIT], ids=lambda page: page.name)
def test_a_command_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"^python3 -m course (\w+)|`(?:python3 -m |py -m )?course (\w+)", text, re.MULTILINE))
    commands = {first or second for first, second in named}
    assert commands or page in KIT
    assert commands <= typer.main.get_command(app).commands.keys()


def test_a_stages_hours_are_those_of_its_pages() -> None:
    front = (ROOT / "README.md").read_text(encoding="utf-8")
    hours = {stage: int(hours) for stage, hours in re.findall(r"^\| \[(\w+)\].* \| (\d+) \|$", front, re.MULTILINE)}
    assert list(hours) == [stage.id for stage in STAGES]
    for stage in STAGES:
        minutes = re.search(
            r"\*\*together\*\* \| \*\*(\d+)\*\*", (stage.folder / "README.md").read_text(encoding="utf-8")
        )
        assert minutes
        assert abs(hours[stage.id] - int(minutes[1]) / 60) <= 0.75, stage.id


def test_a_variable_that_is_explained_is_one_that_the_course_reads() -> None:
    explained = re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "course").rglob("*.py"))
    assert {"DATABASE_URL", "COURSE_POSTGRES", "JWT_SECRET"} <= set(explained)
    assert [name for name in explained if f'"{name}"' not in code] == []


def test_the_example_of_variables_holds_no_secret_and_changes_nothing_when_it_is_copied() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
    assert "# JWT_SECRET=" in lines
