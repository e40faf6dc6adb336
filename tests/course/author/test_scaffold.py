"""What an author begins with: each scaffold is at its place, and says itself what is still to be written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from learning_tools import change

from course.author import scaffold
from course.errors import CourseError
from course.machine.material import bugs
from course.machine.material.data import Bug, load
from course.machine.material.workspace import read_source
from course.paths import ROOT
from course.stages import Stage, stage_by_id

TEXT = "one\ntwo\n\nthree\none\ntwo\nfour\n"
NEW = Bug("no-capitals", "words in capitals are lost", "a search", "Count one in capitals.", ())
ENVIRONMENT = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Ana", "-c", "user.email=ana@example.com")
    subprocess.run(["git", *who, *words], cwd=folder, env=ENVIRONMENT, check=True, capture_output=True)


@pytest.fixture
def committed(sample: Stage) -> Stage:
    for words in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--message", "Begin")):
        git(sample.folder, *words)
    return sample


@pytest.mark.parametrize(
    ("new", "found"),
    [
        (TEXT.replace("three", "3"), [("three", "3")]),
        (TEXT.replace("three\n", ""), [("\nthree\none", "\none")]),
        (TEXT.replace("four\n", "four\nfive\n"), [("four", "four\nfive")]),
        (TEXT.replace("three", "3").replace("four", "4"), [("three", "3"), ("four", "4")]),
    ],
)
def test_a_change_is_as_many_lines_as_make_it_unmistakable(new: str, found: list[tuple[str, str]]) -> None:
    changes = scaffold.changes("numbers.txt", TEXT, new)
    text = TEXT
    for each in changes:
        assert text.count(each.find) == 1
        text = text.replace(each.find, each.replace)
    assert text == new
    assert len(changes) == len(found)


def test_a_change_that_nothing_around_it_tells_from_others_is_refused() -> None:
    with pytest.raises(CourseError, match=r"What is changed in numbers\.txt stands in no lines that are there once"):
        scaffold.changes("numbers.txt", "\n\n", "\none\n\n")


def test_what_is_broken_in_the_working_tree_becomes_a_bug_and_the_app_is_right_again(
    committed: Stage, database_url: str
) -> None:
    words = committed.folder / "words.py"
    right = read_source(words)
    change(words, "Counter(split(text.lower()))", "Counter(split(text))")
    change(words, "return self.total.most_common(1)[0][0]", 'return self.total.most_common(1)[0][0] or "\\"none\\""')
    broken = read_source(words)
    made, files = scaffold.bug(committed, NEW, database_url)
    assert files == ["words.py"]
    assert read_source(words) == right
    assert load(committed.folder).bug("no-capitals") == made
    assert made.caught_by == ("tests/test_words.py::test_letter_case_makes_no_difference",)
    bugs.apply(made, committed.folder)
    assert read_source(words) == broken


def test_a_bug_that_no_test_catches_is_written_down_all_the_same(committed: Stage, database_url: str) -> None:
    change(committed.folder / "words.py", '"""The most frequent word.', '"""The most usual word.')
    made, _ = scaffold.bug(committed, NEW, database_url)
    assert made.caught_by == ()
    assert load(committed.folder).bug("no-capitals") == made


def test_nothing_broken_is_no_bug_and_nor_is_an_id_that_is_taken(committed: Stage) -> None:
    with pytest.raises(CourseError, match=r"Nothing in .* differs from the last commit"):
        scaffold.bug(committed, NEW, "")
    with pytest.raises(CourseError, match="There is letter-case already"):
        scaffold.bug(committed, Bug("letter-case", "", "", "", ()), "")


@pytest.mark.parametrize(("section", "before"), [("1.1", "1.2a"), ("1.2", None)])
def test_a_step_stands_behind_those_of_its_section_and_on_its_page(
    sample: Stage, section: str, before: str | None
) -> None:
    change(sample.folder / "lesson" / "1.1-splitting.md", "# 1.1 Splitting", "# 1.2 Counting\n\n# 1.1 Splitting")
    changed = scaffold.step(sample, "1.9", section, 'tell "more"', ["words.py:Tally"], ["tests/test_words.py"])
    with pytest.raises(CourseError, match=r"step 1\.9 needs exactly 3 hints, none of them empty"):
        load(sample.folder)
    change(sample.folder / "steps.toml", '  "",\n  "",\n  "",', '  "a",\n  "b",\n  "c",')
    change(
        sample.folder / "steps.toml", 'empty = ["words.py:Tally.add", "words.py:Tally.top"]', 'empty = ["text.py:x"]'
    )
    ids = [step.id for step in load(sample.folder).steps]
    assert ids[ids.index("1.9") + 1 :][:1] == ([before] if before else [])
    assert load(sample.folder).step("1.9").title == 'tell "more"'
    page = read_source(sample.folder / changed[1].removeprefix(f"{sample.path}/"))
    assert '<!--[[[cog step("1.9") ]]]-->\n<!--[[[end]]]-->' in page.partition(f"# {section}")[2].partition("\n# 1.")[0]


def test_a_step_of_what_is_not_there_changes_nothing(sample: Stage) -> None:
    before = read_source(sample.folder / "steps.toml")
    for step_id, name, told in (
        ("1.1", "words.py", r"There is 1\.1 already, in .*steps\.toml: choose another id"),
        ("1.9", "sums.py", "has no file sums.py"),
        ("1.9", "words.py:Sum", r"words\.py defines no Sum; it has Tally, count"),
        ("1.9 x", "words.py", "'1.9 x' is no id: take one as 1.2b"),
    ):
        with pytest.raises(CourseError, match=told):
            scaffold.step(sample, step_id, "1.1", "count", [name], ["tests/test_words.py"])
    assert read_source(sample.folder / "steps.toml") == before


def test_a_box_is_below_the_sections_others_and_in_no_listing(sample: Stage) -> None:
    page = sample.folder / "lesson" / "1.1-splitting.md"
    box = '<!--[[[cog step("1.1") ]]]-->\n<!--[[[end]]]-->\n'
    page.write_text(f"# 1.1 Splitting\n\n{box}\n```python\n# text.py\n```\n\n## Checkpoint\n", encoding="utf-8")
    scaffold.step(sample, "1.9", "1.1", "tell", ["words.py:Tally"], ["tests/test_words.py"])
    text = read_source(page)
    assert text.index(box) < text.index("# text.py\n```") < text.index('cog step("1.9")') < text.index("## Checkpoint")


@pytest.mark.parametrize(
    ("like", "stage_id", "path", "told"),
    [
        ("05a", "05a", "modules/05c", "There is 05a already"),
        ("05a", "5 c", "modules/05c", "'5 c' is no id"),
        ("05a", "05c", "modules/05a_layered_refactor", "is there already, or outside of the course"),
        ("05a", "05c", "../05c", "is there already, or outside of the course"),
        ("06", "99", "modules/99", "Nothing comes behind the capstone"),
    ],
)
def test_what_no_new_stage_can_be_is_refused_before_anything_is_written(
    like: str, stage_id: str, path: str, told: str
) -> None:
    with pytest.raises(CourseError, match=told):
        scaffold.new_stage(stage_by_id(like), stage_id, path, "Files", "uploads")


def test_an_article_is_the_newest_and_its_author_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CourseError, match="There is no author 'nobody'"):
        scaffold.article("Why a lock waits", "nobody")
    monkeypatch.setattr(scaffold, "ROOT", tmp_path)
    monkeypatch.setattr(scaffold, "DEMO", tmp_path)
    assert scaffold.article("Why a lock waits, & for whom", "chidi") == "articles/01-why-a-lock-waits-for-whom.md"
    assert 'title = "Why a lock waits, & for whom"\nauthor = "chidi"' in read_source(next(tmp_path.rglob("*.md")))


@pytest.mark.thorough
def test_a_new_stage_is_a_folder_an_entry_and_its_contract(tmp_path: Path, database_url: str) -> None:
    """As CONTRIBUTING.md says, in a copy of the course: nothing has to be changed elsewhere."""
    course = tmp_path / "course"
    git(ROOT, "clone", "--quiet", "--shared", str(ROOT), str(course))

    def run(*words: str) -> str:
        env = ENVIRONMENT | {"DATABASE_URL": database_url, "JWT_SECRET": "x" * 32, "PYTHONPATH": str(course)}
        done = subprocess.run([sys.executable, *words], cwd=course, env=env, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    author = "import course.cli as cli; cli.main()"
    teaches = ("--like", "05a", "--teaches", "uploads, and where they go")
    said = run("-c", author, "author", "stage", "05c", "modules/05c_files", "Files", *teaches)
    assert "Made or changed: modules/05c_files\n" in said
    assert "Written anew: modules/05c_files/README.md" in run("-c", author, "author", "listings")
    run("-m", "course.author.static")
    run("-m", "nox", "--list")
    asked = run("-m", "pytest", "-q", "tests/contract/test_common.py", "--stage", "05c", "-k", "limit or written")
    assert " passed" in asked
