"""Broken on purpose: deployments that the host refuses, each with the reason and the way out."""

import re

import pytest
from conftest import SET, course

from course.deploy.rehearsal.faults import FAULTS, Fault
from course.deploy.rehearsal.versions import LAYERS

# By failure, the words that only a log has.
TOLD = {
    "migration": 'column "slug" of relation "posts" contains null values',
    "health": "answered 404",
    "port": "which is $PORT",
    "secret": "JWT_SECRET is missing",
    "slow-start": "nobody listened",
}


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
