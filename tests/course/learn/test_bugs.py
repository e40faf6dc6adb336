"""Grading tests by the bugs that they catch."""

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import psutil
import pytest
from learning_tools import COURSE, Result, change
from machine import eventually, start
from rich.console import Console

from course.errors import CourseError
from course.learn import check, messages
from course.machine.material import testing
from course.machine.material.bugs import Graded, apply, broken_copy, grade
from course.machine.material.data import Bug, load
from course.machine.material.workspace import Workspace
from course.stages import Stage

Course = Callable[..., Result]


def test_a_bug_is_put_into_a_copy_and_never_into_the_stage(sample: Stage):
    before = (sample.folder / "words.py").read_text(encoding="utf-8")
    with broken_copy(sample, load(sample.folder).bugs) as folder:
        broken = (folder / "words.py").read_text(encoding="utf-8")
    assert 'return ""' in broken
    assert "split(text)" in broken
    assert (sample.folder / "words.py").read_text(encoding="utf-8") == before
    assert not folder.exists()


@pytest.mark.parametrize(("find", "times"), [("nowhere", 0), ("total", 4)])
def test_a_bug_whose_text_is_not_there_once_is_refused(sample: Stage, find: str, times: int):
    change(sample.folder / "bugs.toml", 'find = "text.lower()"', f'find = "{find}"')
    bug = load(sample.folder).bug("letter-case")
    with pytest.raises(CourseError, match=f"bug letter-case looks for a text that stands {times} times in words.py"):
        apply(bug, sample.folder)


def test_the_stages_own_tests_catch_all(sample: Stage, database_url: str):
    result = grade(sample, load(sample.folder).bugs, database_url=database_url)
    assert [(each.bug.id, each.caught, each.by.partition("[")[0]) for each in result.graded] == [
        ("letter-case", True, "tests/test_words.py::test_letter_case_makes_no_difference"),
        ("empty-tally", True, "tests/test_words.py::test_an_empty_tally_has_no_top"),
    ]


def knowing(sample: Stage, *caught_by: str) -> Bug:
    """The sample's first bug, with tests that are said to catch it."""
    change(sample.folder / "bugs.toml", "nudge", f"caught_by = {json.dumps(caught_by)}\nnudge")
    return load(sample.folder).bugs[0]


@pytest.mark.parametrize(
    ("test", "caught"),
    [("test_letter_case_makes_no_difference", True), ("test_an_empty_tally_has_no_top", False)],
)
def test_a_bug_is_tried_with_the_tests_that_are_known_to_catch_it(
    sample: Stage, database_url: str, test: str, caught: bool
):
    bug = knowing(sample, f"tests/test_words.py::{test}")
    [graded] = grade(sample, [bug], database_url=database_url).graded
    assert graded.caught is caught


def test_a_student_runs_all_tests_and_the_file_that_may_know_the_bug_first(
    sample: Stage, database_url: str, tmp_path: Path
):
    bug = knowing(sample, "tests/test_words.py::test_in_another_file_of_theirs", "tests/test_gone.py")
    (tmp_path / "tests").mkdir()
    test = "from words import count\n\n\ndef test_it():\n    assert count('A')['a'] == 1\n"
    for file in ("test_else.py", "test_words.py"):
        (tmp_path / "tests" / file).write_text(test, encoding="utf-8")
        [graded] = grade(sample, [bug], database_url=database_url, tests_from=tmp_path).graded
        assert graded.by == f"tests/{file}::test_it"


def test_of_two_tests_that_catch_a_bug_the_students_own_is_named(sample: Stage, database_url: str, tmp_path: Path):
    bug = knowing(sample, "tests/test_words.py::test_letter_case_makes_no_difference")
    copytree(sample.folder / "tests", tmp_path / "tests")
    test = "from words import count\n\n\ndef test_it():\n    assert count('A')['a'] == 1\n"
    (tmp_path / "tests" / "test_written_last.py").write_text(test, encoding="utf-8")
    [graded] = grade(sample, [bug], database_url=database_url, tests_from=tmp_path).graded
    assert graded.by == "tests/test_written_last.py::test_it"


def test_tests_that_fail_without_any_bug_grade_nothing(sample: Stage, database_url: str):
    change(sample.folder / "text.py", "w+", "w")
    result = grade(sample, load(sample.folder).bugs, database_url=database_url)
    assert result.graded == ()
    assert str(result.unbroken).startswith("tests/test_words.py::test_a_text_is_split_into_words fails on the unbroken")


def test_no_tests_grade_nothing(sample: Stage, database_url: str):
    (sample.folder / "tests" / "test_words.py").write_text("", encoding="utf-8")
    assert grade(sample, load(sample.folder).bugs, database_url=database_url).unbroken == "there is no test to run"


def test_a_test_that_hangs_on_a_bug_has_caught_it(sample: Stage, database_url: str, monkeypatch: pytest.MonkeyPatch):
    change(sample.folder / "bugs.toml", 'replace = "text"', "replace = \"__import__('threading').Event().wait()\"")
    monkeypatch.setattr(testing, "TIMEOUT_SECONDS", 2.0)
    [graded] = grade(sample, load(sample.folder).bugs[:1], database_url=database_url).graded
    assert graded.caught
    assert re.fullmatch(r"a test that is still running after \d+ s", graded.by)


def test_the_students_own_tests_are_graded_on_the_reference(course: Course, workspace: Workspace):
    lazy = "from words import count\n\n\ndef test_it_counts():\n    assert count('A a')['a'] == 2\n"
    (workspace.folder / "tests" / "test_words.py").write_text(lazy, encoding="utf-8")
    result = course("bugs", "sample")
    assert result.returncode == 1
    assert "Grading your tests in workspace/sample/tests by 2 bugs" in result.stdout
    assert "letter-case  caught  tests/test_words.py::test_it_counts" in result.stdout
    assert "empty-tally  missed  Ask a tally that has counted nothing." in result.stdout
    assert "Bugs caught: 1 of 2." in result.stdout


def test_the_reference_is_graded_on_demand_and_where_there_is_no_workspace(course: Course, workspace: Workspace):
    (workspace.folder / "tests" / "test_words.py").write_text("", encoding="utf-8")
    result = course("bugs", "sample", "--reference")
    assert result.returncode == 0
    assert [" ".join(line.split()) for line in result.stdout.splitlines() if line.lstrip().startswith("saw")] == [
        "saw `count(text)['a']` was 1, not 2",
        "saw nothing raised ValueError",
    ]
    assert "Bugs caught: 2 of 2." in result.stdout


def test_some_bugs_alone_can_be_tried(course: Course):
    result = course("bugs", "sample", "empty-tally")
    assert result.returncode == 0
    assert "letter-case" not in result.stdout
    assert "Bugs caught: 1 of 1." in result.stdout
    assert "There is no bug race; there are: letter-case" in course("bugs", "sample", "race").stderr


def test_there_is_nothing_to_grade_while_the_students_tests_fail(course: Course, workspace: Workspace):
    (workspace.folder / "tests" / "test_words.py").write_text("def test_it():\n    assert 1 == 2\n", encoding="utf-8")
    result = course("bugs", "sample")
    assert result.returncode == 1
    assert "There is nothing to grade yet: tests/test_words.py::test_it fails on the unbroken stage" in result.stderr


WRITE_TESTS = """
[[step]]
id = "1.2c"
section = "1.2"
title = "test the tally"
empty = ["tests/test_words.py"]
catches = ["letter-case", "empty-tally"]
hints = ["What if there is nothing?", "Section 1.2 names the error.", "Expect the error of an empty tally."]

[not_taught]"""


@pytest.fixture
def own_tests(sample: Stage, course: Course) -> Path:
    """Where the student's tests are to be, of a sample that asks for some."""
    change(sample.folder / "steps.toml", "[not_taught]", WRITE_TESTS)
    course("start", "sample")
    return Workspace(sample).folder / "tests" / "test_words.py"


def test_a_step_of_writing_tests_is_passed_once_they_catch_its_bugs(course: Course, sample: Stage, own_tests: Path):
    assert course("check", "1.2c").stdout.startswith("Step 1.2c is not written yet: tests/test_words.py")
    own_tests.write_text("from words import Tally\n\n\ndef test_it():\n    Tally()\n", encoding="utf-8")
    expected = (
        "Step 1.2c expects tests that catch 2 bugs, but they miss "
        "letter-case (Count a word that is written in capitals once.), "
        "empty-tally (Ask a tally that has counted nothing.) (lesson, section 1.2)."
    )
    assert course("check", "1.2c").stdout.startswith(expected)
    own_tests.write_text((sample.folder / "tests" / "test_words.py").read_text(encoding="utf-8"), encoding="utf-8")
    assert course("check", "1.2c").stdout.startswith("Step 1.2c is done: test the tally; your tests catch")


def test_with_the_whole_suite_ones_own_tests_are_graded_once_more_where_they_have_changed(
    course: Course, sample: Stage, own_tests: Path, monkeypatch: pytest.MonkeyPatch
):
    workspace = Workspace(sample)
    for step in workspace.learning.steps:
        workspace.put_reference(step)
    assert "Stage sample is done" in course("check", "sample").stdout
    with monkeypatch.context() as patch:
        patch.setattr(check, "grade", None)
        assert "Stage sample is done" in course("check", "sample").stdout
    change(own_tests, "def test_an_empty_tally_has_no_top", "def _an_empty_tally_has_no_top")
    told = course("check", "sample").stdout
    assert "Step 1.2c expects tests that catch 2 bugs, but they miss empty-tally" in told
    assert "Stage sample is done" not in told


def test_ctrl_c_ends_a_grading_and_leaves_nothing(course: Course, sample: Stage):
    endless = "def test_it():\n    import os\n    print(os.getpid())\n    while True: pass\n"
    (sample.folder / "tests" / "test_words.py").write_text(endless, encoding="utf-8")
    with start([*COURSE, "bugs", "sample"], cwd=Path.cwd(), env=dict(os.environ)) as call:
        us = psutil.Process(call.process.pid)

        def under_way() -> list[psutil.Process]:
            return [each for each in us.children(recursive=True) if "pytest" in " ".join(each.cmdline())]

        tests = eventually(under_way, "the tests run")
        assert call.stop(signal.SIGINT) == 130
    assert "Traceback" not in call.output
    assert not any(each.is_running() for each in tests)


def test_in_a_narrow_terminal_a_long_name_stays_in_one_piece_to_be_copied(
    sample: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    [bug, *_] = load(sample.folder).bugs
    name = "tests/test_words.py::test_letter_case_makes_no_difference_whatever_language_it_is"
    console = Console(width=60, color_system=None, soft_wrap=True, force_terminal=True)
    monkeypatch.setattr(messages, "console", console)

    messages.show_graded([Graded(bug, caught=True, by=name)])

    assert name in capsys.readouterr().out
