"""GitHub's workflows: well formed, and nothing but the commands that .ci/run uses."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from course.checks import changed, sets
from course.paths import ROOT

FOLDER = ROOT / ".github" / "workflows"
CI, TEXT = FOLDER / "ci.yml", FOLDER / "text.yml"
WORKFLOWS = [*sorted(FOLDER.iterdir()), ROOT / "notebooks" / "check.yml"]  # the last is for a learner to copy
COMMAND = re.compile(r"^ +(?:- )?run: (.+)$", re.MULTILINE)
# .ci/run installs them where they are missing
PACKAGES = "sudo apt-get update -qq && sudo apt-get install -y -qq fish pgbouncer zsh"
FIRST_HOUR = "python3 -m course test first_hour"  # on three systems; .ci/run has but one
PART = "${{ matrix.checks }}"


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def actionlint(path: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("actionlint")
    assert program, "actionlint is not installed: it comes with the dependency group `lint`"
    return subprocess.run(
        [program, "-no-color", str(path)], check=False, capture_output=True, text=True, encoding="utf-8"
    )


def paths(workflow: Path) -> list[str]:
    """The files that a push has to touch; the same for a pull request."""
    text = read(workflow)
    assert re.search(r"  push:\n    paths: &(\w+) .*\n  pull_request:\n    paths: \*\1\n", text)
    return re.findall(r'"([^"]+)"', text.partition("paths:")[2].partition("\n")[0])


def test_its_steps_are_the_very_commands_of_ci_run():
    commands = [line for line in read(ROOT / ".ci" / "run").splitlines() if re.match(r"[^#]*python3 -m course", line)]
    assert commands == ["python3 -m course test", "python3 -m course test --rest"]
    quick, rest = commands
    assert COMMAND.findall(read(CI)) == [quick, FIRST_HOUR, PACKAGES, rest.replace("--rest", PART)]


def test_its_parts_are_together_the_rest_each_session_once():
    [parts] = re.findall(r"checks:\n((?: +- .+\n)+)", read(CI))
    named = parts.replace("- ", " ").split()
    assert sorted(named) == sorted(sets.names(sets.REST))


def test_a_push_of_texts_alone_is_answered_by_what_a_change_of_text_needs():
    texts = [glob.replace("*", "**") for glob in changed.TEXT]
    assert paths(TEXT) == texts
    assert paths(CI)[: len(texts) + 1] == ["**", *(f"!{text}" for text in texts)]
    assert COMMAND.findall(read(TEXT)) == ["python3 -m course test " + " ".join(changed.sessions_for("README.md"))]


@pytest.mark.parametrize("text", [path for path in ROOT.rglob("*.md") if not re.search(r"/\.|/workspace/", str(path))])
def test_a_text_that_needs_more_starts_ci_too(text: Path):
    path = text.relative_to(ROOT).as_posix()
    needs_more = changed.sessions_for(path) != ["static", "site"]
    folders = [each.removesuffix("**") for each in paths(CI)[len(changed.TEXT) + 1 :]]
    assert path.startswith(tuple(folders)) == needs_more


def test_its_oldest_python_is_the_oldest_that_the_course_supports():
    oldest = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["requires-python"].removeprefix(">=")
    assert f'python: ["{oldest}", ' in read(CI)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actionlint_finds_nothing_wrong_with_it(workflow: Path):
    result = actionlint(workflow)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("runs-on: ", "run-on: ", "run-on"),
        ("ubuntu-latest", "ubuntu-newest", "ubuntu-newest"),
        ("matrix.postgres }}", "matrix.database }}", "database"),
        ("matrix.checks }}", "matrix.check }}", "check"),
        ("  contents: read", "  content: read", "content"),
        ("pull_request:", "pull_requests:", "pull_requests"),
    ],
)
def test_actionlint_tells_what_is_wrong(tmp_path: Path, right: str, wrong: str, told: str):
    text = read(CI)
    assert right in text
    broken = tmp_path / "ci.yml"
    broken.write_text(text.replace(right, wrong), encoding="utf-8")
    result = actionlint(broken)
    assert result.returncode == 1
    assert told in result.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_each_action_is_pinned_to_a_commit_and_says_which_version_that_is(workflow: Path):
    used = re.findall(r"uses: (.+)", read(workflow))
    assert used
    assert [each for each in used if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


def test_the_site_is_built_with_the_right_to_read_and_published_with_the_rights_to_publish():
    text = read(FOLDER / "pages.yml")
    assert "\npermissions: {}\n" in text
    rights = re.findall(r"    permissions:\n((?:      .+\n)+)", text)
    assert [re.findall(r"[\w-]+: \w+", each) for each in rights] == [
        ["contents: read"],
        ["pages: write", "id-token: write"],
    ]
