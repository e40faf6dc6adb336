"""Each mistake of the catalogue, made in a real workspace: `course check` names its line, and the likely cause."""

import re
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from learning_tools import Result, in_process
from mistakes_made import MADE, OWN_TESTS

from course.learn import check, checking
from course.machine.material.testing import Job, Run, job_on, run_all
from course.machine.material.workspace import Workspace, copy_stage, read_source, write_source
from course.stages import stage_by_id

MARK = "# here"
MOST_LINES = 15
ALL = {name: (*where, made) for where, mistakes in MADE.items() for name, made in mistakes.items()}
OFTEN = {  # one of each kind, the quickest, whole as `course check` runs them; the others by `course test --all`
    "no await on commit",
    "return forgotten",
    "name not imported",
    "texts that look the same",
    "raise left below right code",
    "colon forgotten",
}

Check = Callable[[str], Result]


def make(root: Path, name: str) -> Job | None:
    """Make one mistake in a workspace in which every step is written, and return its tests, if they can begin at all.

    The first failure is what is told. Those behind it are counted, for the mistakes that are made OFTEN.
    """
    stage_id, step_id, made = ALL[name]
    stage = stage_by_id(stage_id)
    workspace = Workspace(stage, root)
    step = workspace.learning.step(step_id)
    path = workspace.folder / (made.file or step.files[0])
    path.write_bytes(made.put(read_source(path)).encode(made.encoding))
    if not made.runs:
        return None
    return job_on(
        workspace.folder,
        list(step.tests),
        tests_from=stage.folder,
        stop_at_first=name not in OFTEN,
        test_seconds=made.seconds,  # these two as `course check` has them for one step
        explain_first=True,
    )


def written(root: Path, stage_id: str) -> Path:
    """The folder of a workspace in which every step is written."""
    stage = stage_by_id(stage_id)
    workspace = Workspace(stage, root)
    workspace.start()
    copy_stage(stage.folder, workspace.folder)
    return root


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, database_url: str
) -> dict[str, tuple[Path, Run | None]]:
    """The workspaces of the mistakes, and what came of their tests, which are run in one go: far faster than alone."""
    mine = [item.callspec.params for item in request.session.items if item.path == request.path]
    wanted = [parameters["name"] for parameters in mine if "name" in parameters]
    begun = {each: written(tmp_path_factory.mktemp("written"), each) for each in {ALL[name][0] for name in wanted}}
    roots = {name: tmp_path_factory.mktemp("workspace") for name in wanted}
    for name, root in roots.items():
        shutil.copytree(begun[ALL[name][0]], root, dirs_exist_ok=True)
    jobs = {name: job for name, root in roots.items() if (job := make(root, name))}
    done = dict(zip(jobs, run_all(list(jobs.values()), database_url=database_url), strict=True))
    return {name: (root, done.get(name)) for name, root in roots.items()}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in OFTEN else pytest.mark.thorough, id=name) for name in ALL]
)
def test_a_mistake_is_told_with_its_line(
    name: str, runs: dict[str, tuple[Path, Run | None]], monkeypatch: pytest.MonkeyPatch
):
    (stage, step, made), (root, run) = ALL[name], runs[name]
    monkeypatch.setenv("COURSE_WORKSPACE", str(root))
    monkeypatch.setattr(check, "run_all", lambda *arguments, **named: [run])
    monkeypatch.setattr(checking, "_database", lambda: nullcontext(str))  # to make one takes half of the time
    output = assert_told(monkeypatch, stage, step, made.said, made.file)
    assert made.unsaid not in output


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("stage", "step", "said", "text"),
    [pytest.param(*where, *each, id=name) for where, tests in OWN_TESTS.items() for name, each in tests.items()],
)
def test_a_mistake_in_ones_own_tests_is_told_with_its_line(
    stage: str, step: str, said: str, text: str, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    for variable, value in {"COURSE_POSTGRES": "url", "DATABASE_URL": database_url}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("COURSE_WORKSPACE", str(tmp_path))
    workspace = Workspace(stage_by_id(stage))
    workspace.start()
    [file] = workspace.learning.step(step).files
    write_source(workspace.folder / file, text)
    assert_told(monkeypatch, stage, step, said)


def assert_told(monkeypatch: pytest.MonkeyPatch, stage_id: str, step: str, said: str, file: str = "") -> str:
    """Check a step where its workspace lies: the marked line of the file is named, and this is said. Gives it all.

    Without a mark the file is named, and no line: nobody can know which.
    """
    for variable, value in {"NO_COLOR": "1", "COLUMNS": "100"}.items():
        monkeypatch.setenv(variable, value)
    workspace = Workspace(stage_by_id(stage_id))
    file = file or workspace.learning.step(step).files[0]
    monkeypatch.chdir(workspace.folder)

    result = in_process(monkeypatch, "check", step)

    output = result.stdout + result.stderr
    assert result.returncode == 1, output
    assert said in output, output
    text = (workspace.folder / file).read_bytes().decode("utf-8", errors="replace")
    line = next((f":{number}" for number, each in enumerate(text.splitlines(), 1) if MARK in each), "")
    named = re.findall(r"^(?:course: )?([\w/]+\.py)(:\d+|)", output, re.MULTILINE)
    assert named[:1] == [(file, line)], output
    assert len(output.splitlines()) <= MOST_LINES, output
    assert "Traceback" not in output
    return output
