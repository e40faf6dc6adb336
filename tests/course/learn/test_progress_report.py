"""`course report`: what the loop has recorded of a learner, as a page; and the reports of a class as one table."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from learning_tools import Result, in_process

from course.deploy.verify.asking import _note
from course.deploy.verify.report import Promise
from course.deploy.verify.report import Report as Verified
from course.errors import CourseError
from course.learn import commands, report
from course.machine.material import workspace as workspaces
from course.machine.material.workspace import Workspace
from course.stages import Stage


@pytest.fixture
def course(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The `course` command on the sample's workspace, which asks for no database."""
    for module in (commands, report, workspaces):
        monkeypatch.setattr(module, "STAGES", (workspace.stage,))
    return lambda *words: in_process(monkeypatch, *map(str, words))


@pytest.fixture
def ana(course: Callable[..., Result], workspace: Workspace) -> report.Report:
    """The report of somebody who has passed a step, with help."""
    for words in (("hint", "1.1"), ("hint", "1.1"), ("hint", "1.2a"), ("solution", "1.2a", "--yes")):
        assert course(*words).returncode == 0
    _note(
        Verified("https://ana.example", "sample", [Promise("a"), Promise("b", broken=[{}])], [], 0, []), workspace.stage
    )
    state = Workspace(workspace.stage)
    state.state.of(state.learning.step("1.1")).passed = True
    state.state.note_caught({"letter-case": True, "a-bug-that-the-course-has-dropped": True})
    state.progress.save()
    return report.own("Ana")


def stored(folder: Path, made: report.Report, **change: object) -> Path:
    path = folder / f"{made.name}.json"
    path.write_text(json.dumps({**json.loads(made.as_json()), **change}), encoding="utf-8")
    return path


def test_the_page_says_what_was_passed_with_which_help_and_what_is_next(
    course: Callable[..., Result], ana: report.Report
) -> None:
    facts = dict(re.findall(r"^    (.+?) {2,}(.+)$", course("report").stdout, re.MULTILINE))
    assert facts["passed"] == "1.1"
    assert facts["at"] == "1.2a"
    assert facts["hints"] == "1.1 (2), 1.2a (1)"
    assert facts["solutions opened"] == "1.2a"
    assert facts["bugs caught"].endswith(": letter-case")
    assert facts["whole suite"] == "does not pass yet"
    assert re.fullmatch(r"https://ana.example, \d{4}-\d\d-\d\d: 1 of 2 promises kept", facts["verified"])


def test_a_suite_that_has_passed_counts_until_the_code_changes(ana: report.Report, workspace: Workspace) -> None:
    workspace = Workspace(workspace.stage)
    workspace.state.done = workspace.code()
    workspace.progress.save()
    assert report.own("").stages["sample"].suite
    (workspace.folder / "words.py").write_text("", encoding="utf-8")
    assert not report.own("").stages["sample"].suite


def test_nothing_is_noted_of_a_verification_where_nobody_writes_a_stage(
    sample: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_WORKSPACE", str(tmp_path / "nowhere"))
    _note(Verified("https://ana.example", "sample", [], [], 0, []), sample)
    assert not (tmp_path / "nowhere").exists()


def test_an_app_on_this_machine_is_not_noted_as_deployed(workspace: Workspace) -> None:
    _note(Verified("http://127.0.0.1:8000", "sample", [Promise("a")], [], 0, []), workspace.stage)
    assert Workspace(workspace.stage).state.verified == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_a_report_is_read_as_it_was_written_also_by_windows(
    course: Callable[..., Result], ana: report.Report, tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "ana.json"
    path.write_text(course("report", "--json", "--name", "Ana").stdout, encoding=encoding)
    assert report.read(path) == ana


def test_a_report_without_a_name_has_its_files(ana: report.Report, tmp_path: Path) -> None:
    path = tmp_path / "group 7.json"
    path.write_text(replace(ana, name="").as_json(), encoding="utf-8")
    assert report.read(path).name == "group 7"


def test_a_class_is_one_table_by_name(course: Callable[..., Result], ana: report.Report, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    stored(folder, ana)
    stored(folder, replace(ana, name="aaron", stages={}))
    head, *rows = course("report", folder).stdout.splitlines()
    assert head.split() == ["name", "at", "sample", "hints", "solutions", "bugs", "suites", "verified", "day"]
    assert rows[0].split()[:2] == ["aaron", "sample"]
    assert re.match(r"Ana +sample 1\.2a +1 of 3 +3 +1 +1 +sample https://ana\.example, ", rows[1])


def test_the_html_holds_a_name_as_text_and_loads_nothing(
    course: Callable[..., Result], ana: report.Report, tmp_path: Path
) -> None:
    path = tmp_path / "hers.json"  # her name is none for a file
    path.write_text(replace(ana, name="<b>Ana & Ben").as_json(), encoding="utf-8")
    done = course("report", path, "--html", tmp_path / "class.html")
    assert str(tmp_path / "class.html") in done.stdout
    text = (tmp_path / "class.html").read_text(encoding="utf-8")
    assert "<td>&lt;b&gt;Ana &amp; Ben</td>" in text
    assert re.findall(r"\b(?:src|href)=", text) == []


def test_the_csv_has_a_line_for_each_stage_and_no_text_that_a_spreadsheet_would_run(
    course: Callable[..., Result], ana: report.Report, tmp_path: Path
) -> None:
    sample = replace(ana.stages["sample"], at="@A1", verified="-2")
    path = stored(tmp_path, replace(ana, name="=1+1", day="+1", stages={"sample": sample, "=2": sample}))
    head, line, other = csv.reader(course("report", path, "--csv").stdout.splitlines())
    row = dict(zip(head, line, strict=True))
    assert (row["name"], row["day"], row["at"], row["verified"]) == ("'=1+1", "'+1", "'@A1", "'-2")
    assert dict(zip(head, other, strict=True))["stage"] == "'=2"
    assert (row["stage"], row["passed"], row["steps"], row["hints"], row["solutions"], row["caught"]) == (
        "sample", "1", "3", "3", "1", "1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "can't be read"),
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is JSON, but no report"),
        ("{}", "is JSON, but no report"),
        ({"course_report": 2}, "is a report of format 2, and this course reads 1"),
        ({"stages": None}, "is a report, but not as"),
        ({"stages": {"sample": {}}}, "is a report, but not as"),
        ({"stages": []}, "is a report, but not as"),
        ({"day": 7}, "is a report, but not as"),
        ({"name": "\x1b[2J"}, "has a character in it that can't be printed"),
        ({"more": 1}, "is a report, but not as"),
    ],
)
def test_what_is_no_report_is_told_in_one_sentence_with_its_name(
    course: Callable[..., Result], ana: report.Report, tmp_path: Path, content: object, told: str
) -> None:
    path = tmp_path / "hers.json"
    if isinstance(content, dict):
        path.write_text(json.dumps({**json.loads(ana.as_json()), **content}), encoding="utf-8")
    elif content is not None:
        path.write_text(str(content), encoding="utf-8")
    done = course("report", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"course: {path} {told}")
    assert done.stderr.count("\n") == 1


def test_inside_of_a_stage_too_everything_has_its_type(ana: report.Report, tmp_path: Path) -> None:
    data = json.loads(ana.as_json())
    for wrong in ({"hints": {"1.1": "two"}}, {"passed": 1}, {"steps": "3"}, {"verified": None}):
        data["stages"]["sample"] = {**json.loads(ana.as_json())["stages"]["sample"], **wrong}
        path = tmp_path / "hers.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        with pytest.raises(CourseError, match="not as `course report` writes it"):
            report.read(path)


def test_no_stage_may_hold_a_character_that_can_not_be_printed(ana: report.Report, tmp_path: Path) -> None:
    sample = ana.stages["sample"]
    stages = {"sample": sample, "other": replace(sample, at="\x1b[2J"), "third": sample}
    with pytest.raises(CourseError, match="has a character in it that can't be printed"):
        report.read(stored(tmp_path, replace(ana, stages=stages)))


def test_a_folder_without_a_report_is_told(course: Callable[..., Result], ana: report.Report, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = course("report", tmp_path / "empty")
    assert done.returncode == 1
    assert done.stderr.startswith(f"course: There is no .json file in {tmp_path / 'empty'}: ")


@pytest.mark.parametrize("words", [["--json", "--csv"], ["--csv", "--html", "x.html"], ["x.json", "--json"]])
def test_options_that_do_not_go_together_are_refused(course: Callable[..., Result], words: list[str]) -> None:
    done = course("report", *words)
    assert done.returncode == 2
    assert "--json" in done.stderr


def test_an_html_file_that_can_not_be_written_is_told(course: Callable[..., Result], tmp_path: Path) -> None:
    done = course("report", "--html", tmp_path / "nowhere" / "class.html")
    assert done.returncode == 1
    assert "can't be written (No such file or directory): name another file." in done.stderr
