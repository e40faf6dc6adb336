"""The contract suites can fail: break each promise in `broken_promises.toml`, and the test that asks for it notices.

    pytest tests/contract/can_fail.py --stage 06

It has to be named to be run, since a suite that tests a stage does not test itself.
"""

import os
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from broken_promises import BROKEN, Broken
from targets import own_database

from course.machine.material.testing import FLAGS, Job, Run, run_all
from course.stages import stage_by_id

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def chosen(config: pytest.Config) -> list[Broken]:
    return [each for each in BROKEN if each.stage == config.getoption("--stage")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("broken", chosen(metafunc.config), ids=lambda each: each.promise)


@pytest.fixture(scope="session")
def runs(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> dict[Broken, Run]:
    """Each promise broken, and what its test says to that: many at once, each on a copy of one migrated database."""
    promises, stage = chosen(pytestconfig), stage_by_id(pytestconfig.getoption("--stage"))
    original = pytestconfig.getoption("--stage-folder") or stage.folder
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(own_database(stage, original)) as url:
        template = url.partition("?")[0].rpartition("/")[2]
        jobs = []
        for broken in promises:
            folder = tmp_path_factory.mktemp("broken") / "stage"
            broken.copy(original, folder)
            options = ["--stage", stage.id, f"--stage-folder={folder}"]
            if not broken.file.startswith("migrations/"):
                options.append(f"--template={template}")
            jobs.append(Job(ROOT, (*FLAGS, "-c", str(ROOT / "pyproject.toml"), *options, str(HERE / broken.caught_by))))
        return dict(zip(promises, run_all(jobs, database_url=os.environ["DATABASE_URL"]), strict=True))


def test_a_broken_promise_is_noticed(broken: Broken, runs: dict[Broken, Run]) -> None:
    run = runs[broken]
    assert run.exit_code == pytest.ExitCode.TESTS_FAILED, run.complaint
    assert [each for each in run.failed if each.concerns(f"tests/contract/{broken.caught_by}")], run.output
