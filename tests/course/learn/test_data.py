"""What is wrong in steps.toml or bugs.toml is told by name."""

import subprocess
import sys

import pytest
from learning_tools import change

from course import environment
from course.errors import CourseError
from course.machine.material.data import load
from course.machine.material.testing import JWT_SECRET
from course.stages import Stage, stage_by_id

FAULTS = [
    ("steps.toml", 'title = "split a text"\n', "", "steps.toml: step 1.1 has no title"),
    ("steps.toml", '"What ends a word?", ', "", "step 1.1 needs exactly 3 hints"),
    ("steps.toml", '"What ends a word?"', '" "', "step 1.1 needs exactly 3 hints, none of them empty"),
    ("steps.toml", '"words.py:count"', '"words.py"', "step 1.2b empties a part of words.py, which is emptied whole"),
    ("steps.toml", "minutes = 5", 'keep = ["imports"]', "step 1.1 keeps parts of a file, and does not empty one whole"),
    ("steps.toml", "call = ", "asked = ", "step 1.1 has an entry that is not as it has to be"),
    ("steps.toml", 'empty = ["text.py:split"]', "empty = []", "step 1.1 empties nothing"),
    ("steps.toml", 'id = "1.2a"', 'id = "1.1"', "steps.toml: step 1.1 stands there twice"),
    ("steps.toml", '"words.py:count"', '"text.py:split"', "steps.toml: name text.py:split stands there twice"),
    ("steps.toml", "tests = [", "catches = ['nothing']\ntests = [", "step 1.1 needs either tests or bugs to catch"),
    ("steps.toml", "tests = [", "catches = ['nothing']\nother = [", "step 1.1 is to catch nothing, which is no bug"),
    ("steps.toml", "[[step]]", "[[step]", "steps.toml is not valid TOML"),
    ("bugs.toml", 'replace = "text"\n', "", "bugs.toml: bug letter-case has no replace"),
    ("bugs.toml", 'id = "empty-tally"', 'id = "letter-case"', "bugs.toml: bug letter-case stands there twice"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), FAULTS, ids=[fault[3] for fault in FAULTS])
def test_a_fault_in_the_learning_data_is_told_by_name(sample: Stage, file: str, old: str, new: str, message: str):
    change(sample.folder / file, old, new)
    with pytest.raises(CourseError) as caught:
        load(sample.folder)
    assert message in str(caught.value)


def test_a_stage_without_learning_data_has_no_steps_and_no_bugs(sample: Stage):
    (sample.folder / "steps.toml").unlink()
    (sample.folder / "bugs.toml").unlink()
    learning = load(sample.folder)
    assert (learning.steps, learning.bugs) == ((), ())


def test_an_unknown_bug_is_told_with_those_that_there_are(sample: Stage):
    with pytest.raises(CourseError, match="no bug race; there are: letter-case, empty-tally"):
        load(sample.folder).bug("race")


@pytest.mark.thorough
@pytest.mark.parametrize("stage_id", ["04", "05b"])
def test_each_case_of_a_test_has_a_name_that_can_be_read(stage_id: str):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=stage_by_id(stage_id).folder,
        env=environment.child(DATABASE_URL="postgresql://nobody@127.0.0.1/nothing", JWT_SECRET=JWT_SECRET),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    names = [line for line in done.stdout.splitlines() if "::" in line]
    assert names
    assert [name for name in names if "\\" in name or not name.isprintable()] == []
