"""Broken on purpose: deployments that the host refuses, and ten that it does not, which `course verify` tells apart."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import SET, course, read
from served import PATIENT, Served

from course.deploy.rehearsal.faults import FAULTS, Fault
from course.deploy.rehearsal.versions import LAYERS
from course.machine import ports
from course.stages import CAPSTONE
from tests.contract.broken_promises import BROKEN, Broken

# By failure, the words that only a log has.
TOLD = {
    "migration": 'column "slug" of relation "posts" contains null values',
    "health": "answered 404",
    "port": "which is $PORT",
    "secret": "JWT_SECRET is missing",
    "slow-start": "nobody listened",
}


# Each of these breaks one promise and no other of the ten, and needs nothing but the address to be seen.
TEN = (
    "An e-mail is taken in whatever letter case",
    "The reader's page runs no script but its own",
    "Only its author deletes a post",
    "A comment is deleted by its author or the post's",
    "Pages follow each other without a gap",
    "A change of the password ends every token from before",
    "After ten wrong passwords there is a 429",
    "Deleting a post closes with 1000",
    "A page of another site watches nothing",
    "A request id that could do harm is replaced",
)
CHOSEN = [next(each for each in BROKEN if each.stage == "06" and each.promise == promise) for promise in TEN]
ASKED = [option for each in CHOSEN for option in ("--only", each.caught_by.rpartition("::")[2])]


@contextmanager
def deployed(folder: Path, database_url: str) -> Iterator[str]:
    """The address of a copy of the capstone that is served."""
    with Served(replace(CAPSTONE, path=str(folder)), ports.any_free(), database_url) as server:
        server.env |= {**PATIENT, "BCRYPT_ROUNDS": "4"}
        server.start()
        yield server.url


@pytest.fixture(scope="module")
def reports(migrated: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, "subprocess.CompletedProcess[str]"]:
    """By promise, what was said of the deployment that breaks it."""
    folders = tmp_path_factory.mktemp("broken")

    def ask(broken: Broken) -> "subprocess.CompletedProcess[str]":
        folder = folders / broken.caught_by.rpartition("::")[2] / "stage"
        folder.parent.mkdir()
        broken.copy(CAPSTONE.folder, folder)
        with deployed(folder, migrated) as url:
            return course("verify", url, *ASKED, "--json")

    return dict(zip(TEN, map(ask, CHOSEN), strict=True))


@pytest.mark.parametrize("broken", CHOSEN, ids=lambda broken: broken.promise)
def test_a_broken_deployment_is_told_from_all_others(
    broken: Broken, reports: dict[str, "subprocess.CompletedProcess[str]"]
) -> None:
    run = reports[broken.promise]
    assert run.returncode == 1, run.stdout + run.stderr
    report = read(run)
    assert report["promises"] == len(TEN)
    assert [each["test"] for each in report["broken"]] == [broken.caught_by]
    assert report["broken"][0]["why"]


@pytest.fixture(scope="module")
def refusals(layers: str) -> dict[str, str]:
    """What was shown of each failure, all of them tried on one deployment."""
    options = [option for fault in FAULTS for option in ("--break", fault.name)]
    run = course("rehearse", *options, *SET, **{LAYERS: layers})
    output = run.stdout
    assert run.returncode == 1, output + run.stderr
    assert re.search(r"\d a second\), failed: 0\.$", output, re.MULTILINE), output
    assert "Not as it should be" not in output, output
    _, *acts = output.split("Broken on purpose, ")
    return {act.partition(":")[0]: act.partition("Afterwards")[0] for act in acts[: len(FAULTS)]}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_typical_failure_is_refused_and_explained_and_the_version_before_serves_on(
    fault: Fault, refusals: dict[str, str]
) -> None:
    shown = refusals[fault.name]
    assert TOLD[fault.name] in shown
    assert fault.dashboard in shown
    assert f"To do: {fault.fix}." in shown
    assert "The version before still serves." in shown
