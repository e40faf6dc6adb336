"""The learning loop as a student types it."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from learning_tools import COURSE, Result, change
from machine import eventually
from rich.console import Console

from course.learn import check, messages
from course.learn.explain import explain, file_shown, what_happened
from course.learn.site.address import noted
from course.machine.material.testing import Outcome
from course.machine.material.workspace import Workspace
from course.paths import from_here
from course.stages import Stage, stage_by_id

Course = Callable[..., Result]


def write(workspace: Workspace, *positions: int) -> None:
    """Write some steps as the reference has them."""
    for position in positions:
        workspace.put_reference(workspace.learning.steps[position])


@pytest.fixture
def begun(course: Course, workspace: Workspace) -> Workspace:
    return workspace


def test_start_says_where_the_copy_is_and_what_comes_first(course: Course, sample: Stage):
    result = course("start", "sample")
    assert result.returncode == 0
    assert "Your copy of stage sample is in workspace/sample: 3 steps to write." in result.stdout
    assert (
        "[------------------------] 0 of 3 steps. Next: 1.1, split a text (lesson, section 1.1; text.py)\n"
        f"Read: {sample.path}/lesson/1.1-splitting.md\n"
    ) in result.stdout
    assert result.stdout.endswith("checks your copy whenever you save: course check --watch\n")


def test_pages_without_a_step_are_read_on_the_way(course: Course, begun: Workspace, sample: Stage):
    (sample.folder / "lesson" / "1.1.5-between.md").write_text("# 1.1.5 Between\n", encoding="utf-8")
    on_1_2 = next(step for step in begun.learning.steps if step.section == "1.2")
    read = messages.to_read(begun, on_1_2)
    assert read == f"{sample.path}/lesson/1.1.5-between.md, and on to {sample.path}/lesson/1.2-counting.md"


def test_a_step_leads_to_the_site_while_it_is_served(course: Course, begun: Workspace):
    with noted("http://127.0.0.1:8080/"):
        assert "Read: http://127.0.0.1:8080/" in course("hint").stdout
        assert "/lesson/1.1-splitting/\n" in course("check").stdout


def test_start_tells_early_that_there_is_no_database(course: Course, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    result = course("start", "sample")
    assert result.returncode == 1
    assert "can't be reached" in result.stderr
    assert "Your copy of stage sample is in workspace/sample" in result.stdout


def test_an_unwritten_step_is_told_by_name(course: Course, begun: Workspace):
    result = course("check")
    assert result.returncode == 1
    assert result.stdout.startswith("Step 1.1 is not written yet: text.py:split (lesson, section 1.1).\n")


def test_a_written_step_passes_and_the_bar_grows(course: Course, begun: Workspace):
    write(begun, 0)
    result = course("check")
    assert result.returncode == 0
    assert result.stdout.startswith("Step 1.1 is done: split a text; 1 test passed in ")
    assert "[########----------------] 1 of 3 steps. Next: 1.2a" in result.stdout
    assert course("check").stdout.startswith("Step 1.2a is not written yet")


def test_a_failure_is_one_sentence_before_the_trace(course: Course, begun: Workspace):
    write(begun, 0, 1)
    change(begun.folder / "words.py", "text.lower()", "text")
    result = course("check", "1.2a")
    assert result.returncode == 1
    sentence, trace = result.stdout.split("\n", 1)
    assert sentence == (
        "Step 1.2a expects that letter case makes no difference (a A), "
        'but `count(text)["a"]` was 1, not 2 (lesson, section 1.2).'.replace('"a"', "'a'")
    )
    assert "test_words.py" in trace
    assert "Stuck? course hint 1.2a" in trace


def test_a_step_that_no_longer_passes_is_open_again(course: Course, begun: Workspace):
    write(begun, 0)
    assert "1 of 3 steps" in course("check", "1.1").stdout
    change(begun.folder / "text.py", r"\w+", r"\w")
    assert "0 of 3 steps" in course("check", "1.1").stdout


def test_the_stages_id_checks_every_step_that_is_written(course: Course, begun: Workspace):
    write(begun, 0, 2)
    result = course("check", "sample")
    assert "Step 1.1 is done" in result.stdout
    assert "Step 1.2a" not in result.stdout
    assert "Step 1.2b expects that a tally counts over texts, but step 1.2a is not written yet" in result.stdout


def test_steps_that_are_tried_together_are_told_their_time_once(course: Course, begun: Workspace):
    write(begun, 0, 1)
    output = course("check", "sample").stdout
    assert "Step 1.1 is done: split a text; 1 test passed.\nStep 1.2a is done: count words; 2 tests passed.\n" in output
    assert len(re.findall(r"\d s\b", output)) == 1
    assert re.search(r"^Their tests took \d+\.\d s in all\.$", output, re.MULTILINE)


def test_what_was_written_before_counts_with_the_next_check_if_it_passes(course: Course, begun: Workspace):
    output = course("solution", "1.1", "--yes", "--write").stdout
    assert output.endswith("It counts once its tests pass: course check 1.1\n")
    write(begun, 1)
    output = course("check", "1.2a").stdout
    assert "Step 1.1 is done" in output
    assert "2 of 3 steps. Next: 1.2b" in output


def test_what_was_written_before_and_fails_neither_counts_nor_is_in_the_way(course: Course, begun: Workspace):
    change(begun.folder / "text.py", 'raise NotImplementedError("step 1.1: split a text")', "return []")
    change(
        begun.folder / "words.py", 'raise NotImplementedError("step 1.2a: count words")', "return Counter(text.lower())"
    )
    output = course("check", "1.2a").stdout
    assert "Step 1.2a is done" in output
    assert "Step 1.1" not in output
    assert "1 of 3 steps. Open, before steps that are done: 1.1, split a text" in output


def test_after_a_repair_the_steps_that_had_failed_with_it_count_again(course: Course, begun: Workspace):
    write(begun, 0, 1)
    course("check", "sample")
    change(begun.folder / "text.py", "return re", "return [] and re")
    assert "0 of 3 steps" in course("check", "sample").stdout
    change(begun.folder / "text.py", "return [] and re", "return re")
    output = course("check").stdout
    assert "Step 1.1 is done" in output
    assert "Step 1.2a is done" in output
    assert "2 of 3 steps. Next: 1.2b" in output


def test_a_step_that_the_whole_suite_finds_broken_is_named_and_open_again(course: Course, begun: Workspace):
    write(begun, 0, 1, 2)
    course("check", "sample")
    change(begun.folder / "text.py", r"\w+", r"\w")
    output = course("check").stdout
    assert "\nStage sample is not done: its suite expects that a text is split into words" in output
    assert "Open, before steps that are done: 1.1, split a text" in output
    change(begun.folder / "text.py", r"\w", r"\w+")
    assert "3 of 3 steps. All of stage sample is done." in course("check").stdout


def test_a_step_that_was_done_and_is_broken_is_told_while_the_next_is_not_written(course: Course, begun: Workspace):
    write(begun, 0)
    course("check")
    change(begun.folder / "text.py", r"\w+", r"\w")
    output = course("check").stdout
    assert output.startswith("Step 1.1 expects that a text is split into words")
    assert "\nNot done either: 1.2a.\n" in output
    assert "0 of 3 steps. Next: 1.1" in output


def test_a_finished_stage_that_was_changed_is_not_called_done(course: Course, begun: Workspace):
    write(begun, 0, 1, 2)
    course("check", "sample")
    change(begun.folder / "text.py", '"""', '"""Changed. ')
    assert (
        "3 of 3 steps. The stage is done once its whole suite passes: course check sample"
        in course("check", "1.1").stdout
    )


def test_the_end_of_the_stage_is_told(course: Course, begun: Workspace):
    write(begun, 0, 1, 2)
    output = course("check", "sample").stdout
    assert "Stage sample is done: its whole suite passes on your code, in " in output
    assert "3 of 3 steps. All of stage sample is done." in output
    again = course("check")
    assert again.returncode == 0
    told = "Now the whole suite of stage sample, which may take a minute.\nStage sample is done"
    assert again.stdout.startswith(told)


def test_the_overview_says_how_far_one_is_and_what_to_type_next(course: Course, sample: Stage):
    assert "You have not begun yet. Next: course start sample" in course().stdout
    course("start", "sample")
    begun = Workspace(sample)
    write(begun, 0)
    course("check")
    output = course().stdout
    assert "1 of 3 steps" in output
    assert "You are at step 1.2a of stage sample: count words. Next: course check --watch" in output
    write(begun, 1, 2)
    check.check_steps(begun, begun.learning.steps, lambda: os.environ["DATABASE_URL"])
    assert "All steps of stage sample are written. Next, its whole suite: course check sample" in course().stdout
    course("check")
    course("bugs", "sample")
    output = course().stdout
    assert "3 of 3 steps, 2 of 2 bugs caught, done" in " ".join(output.split())
    assert "Stage sample is done. Next: course eject" in output


FORESEEN = {
    "an unknown stage": (["start", "zz"], "There is no stage 'zz'"),
    "an unknown step": (["check", "9.9"], "There is no step '9.9'"),
    "a reset that nobody can confirm": (["reset", "1.1"], "say that you mean it, with --yes"),
    "a solution that nobody can confirm": (["solution", "1.1"], "say that you mean it, with --yes"),
}


@pytest.mark.parametrize(("arguments", "message"), FORESEEN.values(), ids=list(FORESEEN))
def test_what_can_be_foreseen_is_one_sentence(course: Course, begun: Workspace, arguments: list[str], message: str):
    result = course(*arguments)
    assert result.returncode != 0
    assert message in result.stderr
    assert "Traceback" not in result.stderr + result.stdout
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["check"], ["check", "1.1"], ["hint"], ["reset", "sample", "--yes"], ["diff"]])
def test_without_a_workspace_every_command_says_how_to_make_one(course: Course, arguments: list[str]):
    result = course(*arguments)
    assert result.returncode == 1
    assert "course start" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("what", ["1.1", "1.2a", "sample"])
def test_a_syntax_error_is_told_with_file_and_line_and_no_trace(course: Course, begun: Workspace, what: str):
    write(begun, 0)
    change(begun.folder / "words.py", "-> Counter[str]:", "-> Counter[str]")
    result = course("check", what)
    assert result.returncode == 1
    step = "1.2a" if what == "1.2a" else "1.1"
    assert result.stdout.startswith(
        f"Step {step} can't be checked: words.py has a syntax error in line 8: expected ':'"
    )
    assert "Traceback" not in result.stdout
    assert result.stdout.count("syntax error") == 1


def test_a_syntax_error_in_a_finished_stage_is_told_alike_and_leaves_the_other_steps_done(
    course: Course, begun: Workspace
):
    for number in range(3):
        write(begun, number)
    assert "Stage sample is done" in course("check", "sample").stdout
    change(begun.folder / "text.py", "-> list[str]:", "-> list[str]")
    told = course("check", "sample").stdout
    assert told.startswith("Step 1.1 can't be checked: text.py has a syntax error in line ")
    assert "2 of 3 steps" in told


def test_a_deleted_file_is_told(course: Course, begun: Workspace):
    (begun.folder / "text.py").unlink()
    result = course("check", "1.1")
    assert "text.py is missing from your workspace" in result.stderr
    assert course("start", "sample").returncode == 0
    assert course("check", "1.1").stdout.startswith("Step 1.1 is not written yet")


def test_a_renamed_function_is_told(course: Course, begun: Workspace):
    change(begun.folder / "text.py", "def split(", "def cut(")
    assert "Step 1.1 expects text.py:split, but your file no longer defines it" in course("check").stdout


def test_an_app_that_can_not_be_imported_is_told(course: Course, begun: Workspace):
    write(begun, 0)
    change(begun.folder / "text.py", "import re", "import regular")
    sentence = course("check", "1.1").stdout.splitlines()[0]
    assert sentence.endswith(
        "because your app can't be imported: ModuleNotFoundError: No module named 'regular' (lesson, section 1.1)."
    )


@pytest.mark.parametrize("file", ["text.py", "tests/conftest.py"])
def test_an_app_that_ends_itself_as_it_is_imported_is_told_with_its_last_words(
    course: Course, begun: Workspace, sample: Stage, file: str
):
    write(begun, 0)
    end = 'import sys\nsys.stderr.write("JWT_SECRET is missing\\n")\nsys.exit(3)\n'
    for folder in (begun.folder, sample.folder if file.startswith("tests") else begun.folder):
        there = (folder / file).read_text(encoding="utf-8") if (folder / file).exists() else ""
        (folder / file).write_text(end + there, encoding="utf-8")
    sentence = course("check", "1.1").stdout.splitlines()[0]
    assert "SystemExit: 3, after it had written: JWT_SECRET is missing" in sentence


def test_no_database_is_told(course: Course, begun: Workspace, monkeypatch: pytest.MonkeyPatch):
    write(begun, 0)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    result = course("check", "1.1")
    assert result.returncode == 1
    assert "The database at postgresql://nobody@127.0.0.1:9/nothing can't be reached" in result.stderr


def test_code_that_never_returns_is_ended_and_told(course: Course, begun: Workspace, monkeypatch: pytest.MonkeyPatch):
    write(begun, 0)
    change(begun.folder / "text.py", "return re", "while True: pass\n    return re")
    monkeypatch.setattr(check, "TEST_SECONDS", 1.0)
    output = course("check", "1.1").stdout
    assert re.match(
        r"Step 1\.1 expects that a text is split into words, but it was still running after \d s \(lesson", output
    )
    assert re.search(r"^\S+text.py:8, in split\n    while True: pass$", output, re.MULTILINE)


def test_what_follows_a_test_that_never_ends_is_told_to_be_untried(
    begun: Workspace, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    write(begun, 0, 1, 2)
    change(begun.folder / "text.py", "return re", "__import__('threading').Event().wait()\n    return re")
    monkeypatch.setattr(check, "TEST_SECONDS", 1.0)
    first, second, _ = check.check_steps(begun, begun.learning.steps, lambda: database_url)
    assert "The run ended at it" in first.lines[0]
    assert "0 of 5 tests had been tried" in first.lines[0]
    assert second.sentence.startswith(
        "Step 1.2a was not tried to its end: the run ended at tests/test_words.py::test_a"
    )


def test_all_that_fails_is_counted(course: Course, begun: Workspace):
    write(begun, 0, 1)
    change(begun.folder / "words.py", "text.lower()", "text")
    assert (
        f"2 of 2 tests fail; here is the first: {from_here(begun.folder)}/tests/test_" in course("check", "1.2a").stdout
    )
    change(begun.folder / "words.py", "split(text)", "split(text.replace('A. ', 'a '))")
    assert "1 of 2 tests fails: " in course("check", "1.2a").stdout


def test_what_is_printed_is_shown_but_not_all_of_it(course: Course, begun: Workspace):
    write(begun, 0)
    change(begun.folder / "text.py", "return re", 'print("\\n".join(map(str, range(100))))\n    return [] and re')
    output = course("check", "1.1").stdout
    assert "  printed:  ... 97 lines before\n            97\n            98\n            99\n" in output
    assert len(output.splitlines()) <= 15


def test_the_value_expected_and_the_value_seen_are_shown(course: Course, begun: Workspace):
    write(begun, 0)
    change(begun.folder / "text.py", r"\w+", r"\w")
    output = course("check", "1.1").stdout
    assert "  expected: ['one', 'two']\n  seen:     ['o', 'n', 'e', 't', 'w', 'o']\n" in output


def test_what_is_raised_is_told_with_a_place_that_a_terminal_opens(course: Course, begun: Workspace):
    write(begun, 0)
    change(begun.folder / "text.py", "return re", "{}['no']\n    return re")
    assert f", but {from_here(begun.folder)}/text.py:8 raised KeyError: 'no' (lesson" in course("check", "1.1").stdout


def test_in_a_terminal_lines_are_broken_between_words_and_elsewhere_they_are_not(monkeypatch: pytest.MonkeyPatch):
    text = (
        "Step 1.1 expects a thing, but workspace/sample/a-path-that-is-longer-than-a-line.py\n  seen:     one two three"
    )
    for is_terminal in (True, False):
        file = io.StringIO()
        console = Console(width=20, file=file, force_terminal=is_terminal, color_system=None, soft_wrap=True)
        monkeypatch.setattr(messages, "console", console)
        messages.show(text)
        lines = file.getvalue().splitlines()
        if is_terminal:
            assert lines[:2] == ["Step 1.1 expects a", "thing, but"]
            assert lines[2:] == [
                "workspace/sample/a-path-that-is-longer-than-a-line.py",
                "  seen:     one two",
                "            three",
            ]
        else:
            assert lines == text.splitlines()


@pytest.mark.parametrize(("status", "is_shown"), [(422, True), (200, False)])
def test_an_error_that_the_app_answered_is_shown_where_the_test_stumbles_over_it(
    begun: Workspace, status: int, is_shown: bool
):
    answer = {"request": "POST /users", "status": status, "text": '{"error": "Invalid input"}'}
    happened = "tests/test_it.py, line 3, raised KeyError: 'token'"
    outcome = Outcome(
        "tests/test_it.py::test_it", "failed", happened, error="KeyError: 'token'", facts={"answer": answer}
    )
    line = '  answer:   POST /users: 422 {"error": "Invalid input"}'
    assert (line in explain(begun, [], outcome)) is is_shown


def test_edited_tests_are_told_not_to_count(course: Course, begun: Workspace, sample: Stage):
    write(begun, 0)
    change(begun.folder / "text.py", r"\w+", r"\w")
    assert "differs from the course's" not in course("check", "1.1").stdout
    change(begun.folder / "tests" / "test_words.py", '["one", "two"]', '["o", "n", "e", "t", "w", "o"]')
    output = course("check", "1.1").stdout
    assert "Your tests/test_words.py differs from the course's" in output
    assert f"1 of 1 tests fails: {from_here(sample.folder)}/tests/test_words.py:" in output


def test_a_file_of_tests_that_a_later_step_writes_is_not_told_to_differ(tmp_path: Path):
    workspace = Workspace(stage_by_id("05a"), tmp_path)
    workspace.start()
    file = "tests/unit/test_sandbox.py"
    outcome = Outcome(f"{file}::test_it", "failed", "it failed")
    told = f"Your {file} differs from the course's, which is the one that counts here."
    assert told not in explain(workspace, [], outcome)
    (workspace.folder / file).write_text("def test_it():\n    assert 1 == 1\n", encoding="utf-8")
    assert told in explain(workspace, [], outcome)


def test_tests_that_solve_a_step_are_named_and_not_linked_until_it_is_passed(tmp_path: Path):
    workspace = Workspace(stage_by_id("05a"), tmp_path)
    workspace.start()
    file = "tests/unit/test_sandbox.py"
    outcome = Outcome(f"{file}::test_it", "failed", f"{file}, line 7, raised ValueError")
    assert file_shown(workspace, outcome) == f"{file} (the course's, which solves step 5.2b)"
    assert what_happened(workspace, outcome) == f"{file}, line 7 raised ValueError"
    workspace.state.of(workspace.learning.step("5.2b")).passed = True
    assert file_shown(workspace, outcome) == from_here(workspace.stage.folder / file)


def test_tests_newer_than_the_workspace_lead_to_an_update_and_to_no_hint(
    course: Course, begun: Workspace, sample: Stage
):
    write(begun, 0)
    change(sample.folder / "text.py", "import re\n", "import re\n\nunreadable = None\n")
    change(sample.folder / "tests" / "test_words.py", "from text import split", "from text import split, unreadable")
    output = course("check", "1.1").stdout
    assert output.startswith(
        "Step 1.1 could not be tested, because the course has changed since you began stage sample"
    )
    assert "need `unreadable`, which is new" in output
    assert "Bring your workspace up to date, with all that you wrote kept: course start sample" in output
    assert "Stuck?" not in output


def test_a_stage_whose_whole_suite_fails_is_not_done(course: Course, begun: Workspace, sample: Stage):
    write(begun, 0, 1, 2)
    with (sample.folder / "tests" / "test_words.py").open("a", encoding="utf-8") as file:
        file.write("\n\ndef test_a_text_may_be_empty():\n    assert split('') == ['']\n")
    result = course("check", "sample")
    assert result.returncode == 1
    assert "Step 1.2b is done" in result.stdout
    assert (
        "Stage sample is not done: its suite expects that a text may be empty, but `split('')` was [], not ['']."
        in result.stdout
    )
    assert "1 of 6 tests fails: " in result.stdout
    assert "All of stage sample is done" not in result.stdout
    again = course("check")
    assert "\nStage sample is not done" in again.stdout
    assert "The stage is done once its whole suite passes: course check sample" in course("start", "sample").stdout


def test_the_debugger_opens_where_a_test_fails_and_at_a_breakpoint(course: Course, begun: Workspace):
    write(begun, 0)
    change(begun.folder / "text.py", "return re", "breakpoint()\n    return re")
    assert re.search(r"^\S+text.py:8\n    breakpoint\(\)$", course("check", "1.1").stdout, re.MULTILINE)
    debugger = subprocess.run(
        [*COURSE, "check", "1.1", "--debug"], input="p text\nc\n", capture_output=True, text=True, check=False
    )
    assert "q      leave" in debugger.stdout
    assert "(Pdb) 'one, two.'" in debugger.stdout
    assert "1 passed" in debugger.stdout
    assert debugger.returncode == 0


def test_hints_come_one_by_one_and_are_remembered(course: Course, begun: Workspace):
    first, second, third, again = (course("hint").stdout for _ in range(4))
    assert "1. What ends a word?" in first
    assert "2." not in first
    assert "2. A word is a run of word characters." in second
    assert third.count("\n") == 6
    assert third.endswith("/lesson/1.1-splitting.md\n")
    assert again == third
    assert "course solution 1.1" in third


def test_the_solution_comes_after_an_honest_question(course: Course, begun: Workspace):
    result = course("solution", "--yes")
    assert 'return re.findall(r"\\w+", text)' in result.stdout
    assert course("check").stdout.startswith("Step 1.1 is not written yet")
    assert course("solution", "--yes", "--write").returncode == 0
    assert course("check").stdout.startswith("Step 1.1 is done")


def test_a_reset_step_is_open_again_and_the_old_text_is_kept(course: Course, begun: Workspace):
    write(begun, 0)
    course("check", "1.1")
    result = course("reset", "1.1", "--yes")
    assert "Emptied step 1.1 (split a text)." in result.stdout
    assert "0 of 3 steps" in course("check", "1.1").stdout
    kept = Path(os.environ["COURSE_WORKSPACE"], ".course", "kept")
    assert len(list(kept.rglob("text.py"))) >= 1


def test_watch_checks_again_on_every_save(course: Course, begun: Workspace, tmp_path: Path):
    log = tmp_path / "watch.txt"

    def shows(text: str, *, times: int = 1) -> None:
        eventually(lambda: log.read_text(encoding="utf-8").count(text) >= times, f"{text!r}, {times} times")

    with log.open("wb") as output:
        watch = subprocess.Popen(
            [*COURSE, "check", "--watch"], stdout=output, stderr=subprocess.STDOUT, env=dict(os.environ)
        )
    try:
        shows("Step 1.1 is not written yet")
        shows("Waiting for you")
        write(begun, 0)
        shows("Step 1.1 is done")
        shows("Waiting for you", times=2)
        (begun.folder / "words.py").rename(begun.folder / "words.txt")
        shows("words.py is missing from your workspace")
        (begun.folder / "words.txt").rename(begun.folder / "words.py")
        shows("Waiting for you", times=4)
        write(begun, 1)
        shows("Step 1.2a is done")
        shows("Waiting for you", times=5)
        write(begun, 2)
        shows("All of stage sample is done.")
        shows("Waiting for you", times=6)
        change(begun.folder / "text.py", r"\w+", r"\w")
        shows("Step 1.1 expects that a text is split into words")
        shows("Waiting for you", times=7)
        assert log.read_text(encoding="utf-8").count("All of stage sample is done.") == 1
        change(begun.folder / "text.py", r"\w", r"\w+")
        shows("All of stage sample is done.", times=2)
        shows("Waiting for you", times=8)
        change(begun.folder / "text.py", '"""', '"""Changed. ')
        shows("3 of 3 steps. The stage is done once its whole suite passes")
        assert re.search(r"^\d\d:\d\d:\d\d  text\.py saved ─+$", log.read_text(encoding="utf-8"), re.MULTILINE)
    finally:
        watch.send_signal(signal.SIGINT if sys.platform != "win32" else signal.SIGTERM)
        code = watch.wait(20)
    assert "Traceback" not in log.read_text(encoding="utf-8")
    assert code in (0, 130) or sys.platform == "win32"
