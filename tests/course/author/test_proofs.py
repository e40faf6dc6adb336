"""What the proofs are for: break a stage's lesson, steps or bugs on purpose, and the proof says which, by name."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from learning_tools import COURSE, change

from course.author import lesson, lesson_runner, proofs, static
from course.errors import CourseError
from course.machine.material.lessons import Page
from course.machine.material.testing import Job, Run, run_all
from course.stages import Stage


def silent(what: object) -> None:
    pass


@pytest.fixture
def told_as_sample(sample: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("SAMPLE_STAGE", str(sample.folder))
    return sample


def lessons(stage: Stage, database_url: str) -> list[str]:
    return proofs.lessons(stage, database_url, silent, COURSE)


def test_the_sample_keeps_all_its_promises(told_as_sample: Stage, database_url: str):
    assert [*static.learning_problems(told_as_sample), *static.lesson_problems(told_as_sample)] == []
    assert lessons(told_as_sample, database_url) == []
    assert proofs.steps(told_as_sample, database_url, silent) == []
    assert proofs.variants(told_as_sample, database_url, silent) == []
    assert proofs.bugs(told_as_sample, database_url, silent) == []


TEXT = {  # what is broken -> file, old text, new text, what the proof says
    "a changed line in a listing": (
        "lesson/1.2-counting.md",
        "    return Counter(split(text.lower()))\n```",
        "    return Counter(split(text))\n```",
        'the block made by step("1.2a") is not what the stage says (course author listings writes it anew); it shows '
        "'return Counter(split(text))' where the stage has 'return Counter(split(text.lower()))'",
    ),
    "a changed line in the code": (
        "text.py",
        r"\w+",
        r"[\w-]+",
        'the block made by step("1.1") is not what the stage says (course author listings writes it anew); it shows '
        r"""'return re.findall(r"\\w+", text)' where the stage has 'return re.findall(r"[\\w-]+", text)'""",
    ),
    "a line missing in a listing": (
        "lesson/1.1-splitting.md",
        '    return re.findall(r"\\w+", text)\n',
        "",
        "it shows '```' where the stage has 'return re.findall",
    ),
    "a function that a listing names and nobody defines": (
        "words.py",
        "def count(",
        "def tally(",
        "steps.toml empties names of words.py: no count in it.",
    ),
    "a listing of a file that is not there": (
        "lesson/1.1-splitting.md",
        'code("text.py")',
        'code("texts.py")',
        "lesson/1.1-splitting.md, line 20: texts.py is not there.",
    ),
    "a block without an end": (
        "lesson/1.1-splitting.md",
        "<!--[[[end]]]-->",
        "",
        "lesson/1.1-splitting.md, line 34: Unexpected '<!--[[[cog'",
    ),
    "changed minutes": (
        "steps.toml",
        "minutes = 5",
        "minutes = 6",
        "it shows '| [1.1 Splitting](lesson/1.1-splitting.md) | 7 |'",
    ),
    "a page that is called otherwise now": (
        "lesson/1.1-splitting.md",
        "# 1.1 Splitting",
        "# 1.1 Cutting",
        "it shows 'Before this: [1.1 Splitting](1.1-splitting.md).'",
    ),
    "a renamed bug": ("bugs.toml", 'id = "letter-case"', 'id = "capitals"', "There is no bug letter-case"),
    "a block that nothing keeps": (
        "lesson/1.2-counting.md",
        "<!-- not run: it is for your own shell -->\n",
        "",
        "this sh block is neither",
    ),
    "an untaught file": (
        "steps.toml",
        '"tests/*" =',
        '"test/*" =',
        "no listing shows tests/test_words.py, and steps.toml",
    ),
    "an excuse for nothing": (
        "steps.toml",
        '"tests/*" =',
        '"test/*" =',
        "steps.toml excuses test/* under [not_taught]",
    ),
    "an excuse without a reason": (
        "steps.toml",
        '"settings"',
        '""',
        "excuses pytest.ini under [not_taught] without a reason",
    ),
    "a step without a section": (
        "lesson/1.2-counting.md",
        "# 1.2 Counting",
        "# Counting",
        "step 1.2a belongs to section 1.2, and no heading",
    ),
    "a step that is called otherwise": (
        "lesson/1.2-counting.md",
        "# 1.2 Counting",
        "# 1.2 Counting\n\n## Step 1.2a: count",
        "step 1.2a is called 'count words', and here 'count'",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "message"), TEXT.values(), ids=list(TEXT))
def test_a_broken_text_is_told(sample: Stage, file: str, old: str, new: str, message: str):
    change(sample.folder / file, old, new)
    problems = static.lesson_problems(sample)
    assert any(message in problem for problem in problems), problems
    assert all(re.match(r"(README|lesson/[\w.-]+)\.md, line \d+: ", problem) for problem in problems)


ECHO = """```console
$ python -c "print('now', 12, 'ms')"
now 12 ms
```
"""
PRINTED = {  # what is broken -> old text, new text, what the proof says
    "a changed output": ("\nnow", "\nthen", "line 2: `python -c \"print('now', 12, 'ms')\"` prints 'now 12 ms' where"),
    "an output that is missing": ("now 12 ms\n", "", "prints 'now 12 ms' after what the lesson shows"),
    "an output that never comes": ("ms\n", "ms\nbye\n", "prints nothing more where the lesson shows 'bye'"),
    "an output around other lines": ("now 12 ms", "...\nbye", "prints other lines than the lesson shows around `...`"),
}


@pytest.mark.parametrize(("old", "new", "message"), PRINTED.values(), ids=list(PRINTED))
def test_a_changed_output_is_told(told_as_sample: Stage, database_url: str, old: str, new: str, message: str):
    with lesson_runner.reading(told_as_sample, database_url, COURSE) as reading:
        right, wrong = (Page(told_as_sample, "lesson/1.1.md", text) for text in (ECHO, ECHO.replace(old, new)))
        assert lesson_runner.check(reading, [right])[0].line == 1  # nothing but the steps that it leaves out
        problems = [str(problem) for problem in lesson_runner.check(reading, [wrong])]
    assert message in problems[0]


def test_a_dotenv_block_is_written_into_the_workspace(told_as_sample: Stage, database_url: str):
    text = "```console\n$ course start sample\n...\n```\n\n```dotenv\nTWO=2\nTHREE=3\n```\n"
    with lesson_runner.reading(told_as_sample, database_url, COURSE) as reading:
        lesson_runner.check(reading, [Page(told_as_sample, "lesson/1.1.md", text)])
        [written] = reading.workspaces.glob("*/.env")
        assert written.read_text(encoding="utf-8").splitlines() == ["TWO=2", "THREE=3"]


def test_a_lesson_that_leaves_steps_open_is_told(told_as_sample: Stage, database_url: str):
    page = told_as_sample.folder / "lesson" / "1.2-counting.md"
    change(page, 'step("1.2a")', 'code("words.py", "imports")')  # it never shows this one ...
    change(page, "$ course check sample\n", "$ course check 1.2a\n")  # ... and never checks 1.2b
    with lesson_runner.reading(told_as_sample, database_url, COURSE) as reading:
        problems = [str(problem) for problem in lesson_runner.check(reading, lesson.pages_of(told_as_sample))]
    for step in ("1.2a (count words)", "1.2b (count over many texts)"):
        assert f"README.md, line 1: at its end, step {step} has not been checked and passed" in problems
    assert not any("at its end, step 1.1" in problem for problem in problems)


STEPS = {  # what is broken at once -> file, old text, new text, what the proof says
    "tests that fail for no reason or another one, and untrue examples": [
        (
            "tests/test_words.py",
            'assert split("one, two.") == ["one", "two"]',
            "assert callable(split)",
            "step 1.1: tests/test_words.py::test_a_text_is_split_into_words passes although the step is empty",
        ),
        (
            "tests/test_words.py",
            'assert count(text)["a"] == 2',
            'assert len("a") == 2',
            "step 1.2a: tests/test_words.py::test_letter_case_makes_no_difference[a A] fails for another reason: "
            "`len('a')` was 1, not 2",
        ),
        (
            "tests/test_words.py",
            'tally.add("a b")',
            'with pytest.raises(NotImplementedError):\n        tally.add("a b")\n    raise ValueError("hidden")',
            "fails for another reason: tests/test_words.py, line 19, raised ValueError: hidden",
        ),
        (
            "steps.toml",
            "['now', 'then']",
            "['now', 'and']",
            "step 1.1: split(\"now, then\") is not as the example says: it is ['now', 'then']",
        ),
        ("steps.toml", "raises TypeError", "raises KeyError", "step 1.1: split(None) is not as"),
    ],
    "a step that does not pass once it is written, and one that needs a later one": [
        (
            "text.py",
            r"\w+",
            r"\d+",
            "step 1.1: tests/test_words.py::test_a_text_is_split_into_words fails although the step is written: "
            """`split('one, two.')` was [], not ['one', 'two']""",
        ),
        (
            "tests/test_words.py",
            'assert count(text)["a"] == 2',
            "Tally().add(text)",
            "step 1.2a: tests/test_words.py::test_letter_case_makes_no_difference[a A] needs step 1.2b, "
            "which comes later",
        ),
    ],
    "a test that is not there": [
        (
            "tests/test_words.py",
            "def test_a_tally_counts_over_texts",
            "def test_a_tally_counts_over_all_texts",
            "step 1.2b: there is no test tests/test_words.py::test_a_tally_counts_over_texts",
        )
    ],
}


@pytest.mark.parametrize("broken", STEPS.values(), ids=list(STEPS))
def test_broken_steps_are_told(sample: Stage, database_url: str, broken: list[tuple[str, str, str, str]]):
    for file, old, new, _ in broken:
        change(sample.folder / file, old, new)
    problems = proofs.steps(sample, database_url, silent)
    for *_, message in broken:
        assert any(message in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("steps.toml", '"words.py:count"', '"words.py:tally"', "steps.toml empties names of words.py: no tally in it"),
        ("words.py", "def count(", "def tally(", "steps.toml empties names of words.py: no count in it"),
        ("steps.toml", '"text.py:split"', '"texts.py:split"', "steps.toml empties texts.py, which is not there"),
    ],
)
def test_a_renamed_function_is_told(sample: Stage, database_url: str, file: str, old: str, new: str, message: str):
    change(sample.folder / file, old, new)
    with pytest.raises(CourseError, match=message):
        proofs.steps(sample, database_url, silent)


TASK = """
[[step]]
id = "{id}"
section = "1.2"
title = "write tests: {file}"
empty = ["tests/{file}"]
catches = ["empty-tally"]
hints = ["What if there is nothing?", "Section 1.2 names the error.", "Expect the error of an empty tally."]
"""


def test_between_two_steps_that_have_no_tests_nothing_is_run(
    sample: Stage, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    (sample.folder / "tests" / "test_more.py").write_text("", encoding="utf-8")
    tasks = TASK.format(id="1.2c", file="test_words.py") + TASK.format(id="1.2d", file="test_more.py")
    change(sample.folder / "steps.toml", "[not_taught]", f"{tasks}\n[not_taught]")
    asked: list[Job] = []

    def run(jobs: Sequence[Job], **options: Any) -> list[Run]:
        asked.extend(jobs)
        return run_all(jobs, **options)

    monkeypatch.setattr(proofs, "run_all", run)
    proofs.steps(sample, database_url, silent)
    assert asked
    steps = [job for job in asked if proofs.EXAMPLES not in job.arguments[-1]]
    assert len(steps) < len(asked)
    assert all("::" in job.arguments[-1] for job in steps), "without a test by name, pytest runs them all"


def test_a_class_may_be_a_step_and_stops_every_import_while_it_is_empty(sample: Stage, database_url: str):
    change(sample.folder / "steps.toml", '"words.py:Tally.add", "words.py:Tally.top"', '"words.py:Tally"')
    problems = proofs.steps(sample, database_url, silent)
    assert any("step 1.2a: tests/test_words.py needs step 1.2b, which comes later" in each for each in problems)


def test_a_whole_file_may_be_a_step_if_no_step_before_it_imports_it(sample: Stage, database_url: str):
    change(sample.folder / "steps.toml", '"text.py:split"', '"text.py"')
    assert proofs.steps(sample, database_url, silent) == []
    change(sample.folder / "steps.toml", '"words.py:Tally.add", "words.py:Tally.top"', '"words.py"')
    change(sample.folder / "steps.toml", '"words.py:count"', '"text.py:nothing"')
    change(sample.folder / "steps.toml", '"text.py"', '"text.py:split"')
    change(sample.folder / "text.py", "def split", "def nothing():\n    pass\n\n\ndef split")
    problems = proofs.steps(sample, database_url, silent)
    assert any("step 1.1: tests/test_words.py needs step 1.2b, which comes later" in each for each in problems)


def test_a_whole_file_that_keeps_what_others_import_stops_nobody(sample: Stage, database_url: str):
    new = 'empty = ["shout.py"]\nkeep = ["imports", "MARK"]'
    change(sample.folder / "steps.toml", 'empty = ["words.py:Tally.add", "words.py:Tally.top"]', new)
    change(
        sample.folder / "steps.toml", '"tests/test_words.py::test_an_empty_tally_has_no_top"', '"tests/test_shout.py"'
    )
    change(sample.folder / "steps.toml", '"tests/test_words.py::test_a_tally_counts_over_texts", ', "")
    shout = 'import words\n\nMARK = "!"\n\n\ndef shout(text):\n    return text + MARK\n'
    (sample.folder / "shout.py").write_text(shout, encoding="utf-8")
    change(sample.folder / "words.py", "class Tally", "from shout import MARK  # noqa\n\n\nclass Tally")
    test = "import shout\n\n\ndef test_it():\n    assert shout.shout('a') == 'a!'\n"
    (sample.folder / "tests" / "test_shout.py").write_text(test, encoding="utf-8")
    assert proofs.steps(sample, database_url, silent) == []


VARIANTS = {  # what is broken at once -> file, old text, new text, what the proof says
    "variants that are judged wrong, and ones that are missing": [
        (
            "variants/1.1/right_with_finditer.py",
            r"\w+",
            r"\d+",
            "variants/1.1/right_with_finditer is refused: tests/test_words.py::test_a_text_is_split_into_words: "
            "`split(",
        ),
        (
            "variants/1.2a/wrong_letter_case.py",
            "split(text)",
            "split(text.lower())",
            "variants/1.2a/wrong_letter_case passes all tests of step 1.2a",
        ),
        (
            "variants/1.1/wrong_keeps_punctuation.py",
            '"""\n\n\n',
            '"""\n\nimport nothing\n\n\n',
            "variants/1.1/wrong_keeps_punctuation can't even be imported",
        ),
        (
            "steps.toml",
            'without_variants = ["1.2b"]',
            "",
            "step 1.2b has 0 right and 0 wrong variants in variants/1.2b; it needs at least 2 of each",
        ),
    ],
    "ones that were written meanwhile, and one that does not say what it is": [
        (
            "steps.toml",
            'without_variants = ["1.2b"]',
            'without_variants = ["1.2b", "1.1"]',
            "steps.toml names step 1.1 in without_variants, and it has some",
        ),
        (
            "variants/1.1/wrong_keeps_punctuation.py",
            '"""Splits',
            'THIS = """Splits',
            "variants/1.1/wrong_keeps_punctuation has no docstring that says what is different, or wrong",
        ),
    ],
}


@pytest.mark.parametrize("broken", VARIANTS.values(), ids=list(VARIANTS))
def test_broken_variants_are_told_and_no_others(
    sample: Stage, database_url: str, broken: list[tuple[str, str, str, str]]
):
    for file, old, new, _ in broken:
        change(sample.folder / file, old, new)
    problems = proofs.variants(sample, database_url, silent)
    for *_, message in broken:
        assert [problem for problem in problems if message in problem], problems
    assert len(problems) == len(broken)


ASKS = '"""It asks for the error."""'
ASKS += "\n\nimport pytest\n\nfrom words import Tally\n\n\n"
ASKS += "def test_it():\n    with pytest.raises(ValueError):\n        Tally().top()\n"
LAZY = '"""It looks at nothing."""\n\n\ndef test_it():\n    assert True\n'


def test_tests_of_a_learners_own_may_have_variants_too(sample: Stage, database_url: str):
    change(
        sample.folder / "steps.toml", "[not_taught]", f"{TASK.format(id='1.2c', file='test_words.py')}\n[not_taught]"
    )
    folder = sample.folder / "variants" / "1.2c"
    folder.mkdir()
    for name, text in {"right_asks": ASKS, "wrong_asks": ASKS, "right_lazy": LAZY, "wrong_lazy": LAZY}.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    assert proofs.variants(sample, database_url, silent) == [
        "variants/1.2c/right_lazy is refused: they miss empty-tally",
        "variants/1.2c/wrong_asks catches all bugs of step 1.2c",
    ]


def test_a_variant_that_does_not_fit_is_told_by_its_name(sample: Stage, database_url: str):
    change(sample.folder / "variants/1.1/right_by_characters.py", "def split(", "def cut(")
    message = "variants/1.1/right_by_characters: it defines nothing that step 1.1 asks for in text.py"
    with pytest.raises(CourseError, match=message):
        proofs.variants(sample, database_url, silent)


STATIC = {  # what is broken -> file, old text, new text, what the static check says
    "a hint that sends to the solution": (
        "steps.toml",
        '"Counter, of collections."',
        '"Section 1.2 shows the whole function."',
        "step 1.2a: hint 2 says 'shows the whole function'",
    ),
    "a hint that names what it is about": (
        "steps.toml",
        '"Counter, of collections."',
        '"Section 1.2 shows count."',
        "step 1.2a: hint 2 says 'shows count'",
    ),
    "a task that says nothing": (
        "words.py",
        '        """Count one more text."""\n',
        "",
        "step 1.2b: words.py:Tally.add has no docstring, and the step has no `task` that says what it does",
    ),
    "a text that nobody says": (
        "steps.toml",
        'id = "1.1"',
        'id = "1.1"\ntexts = ["no words"]',
        "step 1.1: the text 'no words' stands in no file of the stage",
    ),
    "a step that two places show": (
        "lesson/1.2-counting.md",
        "# 1.2 Counting\n",
        '# 1.2 Counting\n\n<!--[[[cog step("1.1") ]]]-->\n<!--[[[end]]]-->\n',
        'step 1.1 is shown 2 times, not once, by step("1.1")',
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "message"), STATIC.values(), ids=list(STATIC))
def test_what_a_step_lacks_is_told_without_running_it(sample: Stage, file: str, old: str, new: str, message: str):
    change(sample.folder / file, old, new)
    problems = [*static.learning_problems(sample), *static.lesson_problems(sample)]
    assert any(message in problem for problem in problems), problems


BUGS = {  # what is broken -> file, old text, new text, what the proof says
    "a bug that breaks the import": (
        "bugs.toml",
        'replace = "text"',
        'replace = "text("',
        "bug letter-case: with it, tests/test_words.py can't even be imported; that is no fault to find",
    ),
    "a stage that fails without any bug": (
        "text.py",
        r"\w+",
        r"\d+",
        "without any bug, tests/test_words.py::test_a_text_is_split_into_words fails on the unbroken stage",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "message"), BUGS.values(), ids=list(BUGS))
def test_a_broken_bug_is_told(sample: Stage, database_url: str, file: str, old: str, new: str, message: str):
    change(sample.folder / file, old, new)
    problems = proofs.bugs(sample, database_url, silent)
    assert any(message in problem for problem in problems), problems


UPDATED = """```console
$ python -c "print('now', 12, 'ms')"
now 99 ms
$ python -c "print('then')"
{then}
```
"""


def test_an_update_writes_an_output_and_leaves_alone_one_that_only_looks_different(
    told_as_sample: Stage, database_url: str
):
    def page(then: str) -> Page:
        return Page(told_as_sample, "lesson/1.1.md", UPDATED.format(then=then))

    with lesson_runner.reading(told_as_sample, database_url, COURSE) as reading:
        assert lesson_runner.update(reading, [page("long ago\nand far away")]) == [page("then")]


@pytest.mark.thorough
def test_an_update_brings_a_whole_lesson_back(told_as_sample: Stage, database_url: str):
    path = told_as_sample.folder / "lesson" / "1.2-counting.md"
    original = lesson.pages_of(told_as_sample)
    change(path, "now 12 ms\n", "long ago\nand far away\n")
    change(path, "    return Counter(split(text.lower()))\n```", "    return None\n```")
    pages = [lesson.rewritten(page) for page in lesson.pages_of(told_as_sample)]
    with lesson_runner.reading(told_as_sample, database_url, COURSE) as reading:
        assert lesson_runner.update(reading, pages) == original


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        (["took 12 ms"], ["took 3.5 ms"], True),
        (["took 12 ms"], ["took 12 m"], False),
        (["at http://127.0.0.1:8000/docs"], ["at http://127.0.0.1:41234/docs"], True),
        (['  "id": 1,'], ['  "id": 77,'], True),
        (['  "id": 1,'], ['  "id": "1",'], False),
        (['{"id":1,"post_id":2}'], ['{"id":30,"post_id":4}'], True),
        (['"next_cursor": "-iqveAAAAAAAAAAAAAAAAAAAAAI"'], ['"next_cursor": "E9UgTQAGYOoGE8kUAAAAAAAAAA8"'], True),
        (['"next_cursor": "-iqveAAAAAAAAAAAAAAAAAAAAAI"'], ['"next_cursor": null'], False),
        (["Location: /notes/3"], ["Location: /notes/4"], True),
        (['"access_token": "eyJhbGciOi..."'], ['"access_token": "eyJhbGciOiJI.eyJzdWIi.abc_-1"'], True),
        (["2026-11-22T21:00:00Z"], ["2027-01-01T00:00:00.123456+00:00"], True),
        (["a", "...", "d"], ["a", "b", "c", "d"], True),
        (["a", "..."], ["a"], True),
        (["...", "d"], ["a", "c"], False),
        (["a"], ["a", "b"], False),
        (["a "], ["a"], True),
        (["...", "z"], [*"abcdefghijklmnopqrstuvwxyz"] * 100, True),
        ([".*"], ["abc"], False),
        ([], [], True),
        ([], ["a"], False),
    ],
)
def test_what_changes_from_run_to_run_is_masked_and_nothing_else(shown: list[str], printed: list[str], same: bool):
    assert lesson_runner.agrees(shown, printed) is same


def test_a_console_block_runs_our_commands_alone(told_as_sample: Stage, database_url: str):
    with (
        lesson_runner.reading(told_as_sample, database_url, COURSE) as reading,
        pytest.raises(CourseError, match="not rm"),
    ):
        lesson_runner.check(reading, [Page(told_as_sample, "README.md", "```console\n$ rm -r workspace\n```\n")])


def test_a_command_that_waits_in_vain_is_ended(
    told_as_sample: Stage, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lesson_runner, "IDLE_SECONDS", 1.0)
    command = lesson_runner.Command('python -c "import time; time.sleep(600)"', "README.md", 3)
    with (
        lesson_runner.reading(told_as_sample, database_url, COURSE) as reading,
        pytest.raises(CourseError, match=r"README\.md, line 3: .* did not end"),
    ):
        reading.run(command)


def test_a_proof_is_a_command_that_fails_with_the_problems_on_stderr(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    sample: Stage,
    database_url: str,
    tmp_path: Path,
):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("COURSE_POSTGRES", "url")
    assert proofs.prove("bugs", sample) == 0
    change(sample.folder / "tests" / "test_words.py", "assert count(text)", "assert count(text.lower())")
    assert proofs.prove("bugs", sample) == 1
    said = capsys.readouterr().err
    assert "bug letter-case: no test of the stage sees it" in said
    assert "bugs of stage sample: 1 problem (" in said
    assert os.environ["DATABASE_URL"] == database_url
