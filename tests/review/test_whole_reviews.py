"""A whole review: of a stage, of a stage with a known bug in it, and of the first version that comes to mind."""

import tomllib
from pathlib import Path

import pytest

from course.deploy.review import review
from course.deploy.review.serving import Plan, plan
from course.machine.material.bugs import broken_copy
from course.machine.material.data import load
from course.stages import stage_by_id

HERE = Path(__file__).parent
EACH = 5  # one of so many bugs is tried, but for `-- --whole`
BUGS = tomllib.loads((HERE / "known_bugs.toml").read_text(encoding="utf-8"))
# What a stage lacks, and a later one teaches. All else that is found in a stage is a fault of it, or of the review.
NOT_YET = {
    "04": {"endless-guessing", "page-drift", "deep-page", "away-is-500", "half-a-body"},
    "05a": {"endless-guessing", "page-drift", "deep-page", "away-is-500", "half-a-body"},
    "05b": set[str](),
    "06": set[str](),
}
FIRST_VERSION = {
    *("plain-url-refused", "weak-secret", "trace-at-start", "echoed-password", "weak-password", "letter-case"),
    *("server-error", "race-5xx", "broken-token-5xx", "loose-token", "ghost-user", "switched-off-user"),
    *("blocked-loop", "timing", "endless-guessing", "endless-list", "body-without-limit", "text-without-limit"),
    *("token-may-be-stored", "token-spelling", "401-without-www-authenticate", "away-is-500"),
    "half-a-body",
}


def kinds_found(of: Plan, *only: str) -> set[str]:
    with review.of_folder(of, seconds=600, requests=20_000) as target:
        return {each.kind for each in review.ask(target, list(only)).findings}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    stage, whole = metafunc.config.getoption("--stage"), metafunc.config.getoption("--whole")
    if "bug" in metafunc.fixturenames:
        metafunc.parametrize("bug", [*BUGS[stage]][:: 1 if whole else EACH])
    if "lacks" in metafunc.fixturenames:  # the first version of stage 04 is reviewed with it
        versions = {"": NOT_YET[stage]} | ({"first_version.py": FIRST_VERSION} if stage == "04" else {})
        metafunc.parametrize(
            ("version", "lacks"), versions.items(), ids=["the stage", "the first version"][: len(versions)]
        )


def test_an_app_has_the_faults_that_are_known_of_it_and_no_other(
    pytestconfig: pytest.Config, version: str, lacks: set[str], tmp_path: Path
) -> None:
    stage = stage_by_id(pytestconfig.getoption("--stage"))
    if version:
        (tmp_path / "main.py").write_text((HERE / version).read_text(encoding="utf-8"), encoding="utf-8")
    assert kinds_found(plan(tmp_path if version else stage.folder)) == lacks


def test_a_known_bug_is_named(pytestconfig: pytest.Config, bug: str) -> None:
    stage = stage_by_id(pytestconfig.getoption("--stage"))
    kind, probe = BUGS[stage.id][bug]
    with broken_copy(stage, [load(stage.folder).bug(bug)]) as folder:
        assert kind in kinds_found(plan(folder, stage.app), probe)
