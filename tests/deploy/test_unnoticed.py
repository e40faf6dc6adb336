"""What no health check sees, played on a host that installs nothing: each is told by its own sentence."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import CHEAP, fresh_database
from served import PATIENT

from course.deploy.rehearsal import play, unnoticed, versions
from course.deploy.rehearsal.play import Rehearsal
from course.deploy.rehearsal.repository import Repository
from course.deploy.rehearsal.unnoticed import UNNOTICED
from course.deploy.verify.report import lesson_file
from course.machine.migrations import VERSIONS
from course.paths import ROOT

TOLD = {
    "rename": r"switch [1-9]\d* of \d+ requests failed, most of them as \w+ /posts/\d+/comments was answered 500\. "
    r"Rolled back, and for as long as the old code runs, [1-9]\d* of \d+ requests failed",
    "clock": r"Of 9 logins [1-9] gave a token that other replicas refuse \(401\): a token that is 5 s ahead is "
    r"(taken|refused) elsewhere, a token that is 60 s ahead is refused elsewhere",
    "pooler": r"URL alone: refused at health check, since .*503\. With DATABASE_DIRECT_URL beside it: "
    r"deployed, 0 requests failed, and 50 of 50 WebSockets were told of a comment",
    "proxy": r"A stranger's 10 wrong passwords lock the owner out.* the right password is answered 429",
    "slow-clients": r"100 clients send half a request and stop\. Of the others' \d+ requests 0 failed\. After 1 s the "
    r"server has let go \d+ of 50 that owe it a head, and \d+ of 50 that owe it a body",
}


@pytest.fixture(scope="module")
def rehearse() -> Iterator[Callable[..., int]]:
    """Play a rehearsal in this process and in the course's own environment."""
    with pytest.MonkeyPatch.context() as patch:

        async def build(*_: Any) -> tuple[Path, bool]:
            return Path(sys.executable).parent, True

        patch.setattr(versions, "build", build)
        patch.setattr(unnoticed, "BODY_SECONDS", 1)
        patch.setattr(play, "QUIET", 30)

        def rehearse(root: Path, folder: Path, database_url: str, *names: str, drill: bool = False) -> int:
            rehearsal = Rehearsal(Repository(root), folder, {**CHEAP, **PATIENT, "DATABASE_URL": database_url})
            faults = [play._fault(name) for name in names]
            return asyncio.run(rehearsal.drill() if drill else rehearsal.play(faults, before=None, keep=False))

        yield rehearse


@pytest.fixture(scope="module")
def acts(rehearse: Callable[..., int], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """By failure, what was shown of it, all of them played on one deployment; and what came afterwards."""
    with (
        fresh_database() as url,
        pytest.MonkeyPatch.context() as patch,
    ):
        file = tmp_path_factory.mktemp("shown") / "output"
        patch.setenv("COLUMNS", "200")
        with file.open("w", encoding="utf-8") as output:
            patch.setattr(sys, "stdout", output)
            code = rehearse(ROOT, tmp_path_factory.mktemp("rehearsal"), url, *TOLD)
        shown = file.read_text(encoding="utf-8")
    assert code == 1, shown
    acts, after = shown.split("\nAfterwards")
    return {act.partition(":")[0]: act for act in acts.split("Broken on purpose, ")[1:]} | {"after": after}


@pytest.mark.parametrize("failure", UNNOTICED, ids=lambda failure: failure.name)
def test_what_people_meet_is_told_with_what_to_do_and_the_lesson(
    failure: unnoticed.Unnoticed, acts: dict[str, str]
) -> None:
    shown = acts[failure.name]
    assert re.search(f"What people met: .*{TOLD[failure.name]}", shown), shown
    assert f"To do: {failure.fix}." in shown
    assert f"Lesson: section {failure.section}, in {lesson_file(failure.section)}." in shown


def test_what_was_made_on_purpose_is_counted_and_is_no_fault_of_the_rehearsal(acts: dict[str, str]) -> None:
    assert re.search(r"Phases that did not go well: [1-9]\d* of \d\d\.", acts["after"])
    assert re.search(
        r"Switch \(Broken on purpose, rename\): \d+ of \d+ requests failed; lesson 6\.4\.6, in ", acts["after"]
    )
    assert "Health check (Broken on purpose, pooler): refused; lesson 6.4.4, in " in acts["after"]
    assert "Not as it should be" not in acts["after"]
    assert re.search(r"comments were acknowledged, lost: 0$", acts["after"], re.MULTILINE)


def test_the_pooler_that_is_not_enough_is_told_in_the_apps_own_words(acts: dict[str, str]) -> None:
    assert "set DATABASE_DIRECT_URL to the same database's address on the server itself" in acts["pooler"]


def test_what_this_machine_has_not_is_told_as_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    [failure] = [each for each in UNNOTICED if each.name == "pooler"]
    rehearsal = Rehearsal(Repository(ROOT), tmp_path, {})
    asyncio.run(rehearsal._met(None, None, None, failure, None))
    assert rehearsal._verdict([failure]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "Not run. There is no PgBouncer on this machine: install the package pgbouncer." in shown
    assert "Not run, and so not seen: pooler." in shown


@pytest.mark.parametrize(
    ("start", "told", "drill"),
    [
        ("exec python -c 'exit(3)'", "the server ended with status 3 before it was healthy", True),
        ("exec python -m http.server $PORT", "after 1 s the last word was: answered 404", False),
    ],
)
def test_the_table_stands_also_when_the_first_version_is_refused(
    rehearse: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    start: str,
    told: str,
    drill: bool,
) -> None:
    root = tmp_path / "blog"
    (root / VERSIONS).mkdir(parents=True)
    plan = f'start = "{start}"\nhealth_path = "/ready"\nhealth_seconds = 1\ndraining_seconds = 1\n'
    (root / "deployment.toml").write_text(plan, encoding="utf-8")
    (root / VERSIONS / "0001.py").write_text('revision = "0001"\ndown_revision = None\n', encoding="utf-8")
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "Begin")):
        subprocess.run(["git", *words], cwd=root, check=True)
    (tmp_path / "rehearsal").mkdir()
    assert rehearse(root, tmp_path / "rehearsal", "postgresql://nobody@nowhere/blog", drill=drill) == 1
    shown = capsys.readouterr().out
    assert "Health check: refused" in shown.partition("The rehearsal")[2]
    assert "Phases that did not go well: 1 of 2." in shown
    version, why = (
        ("HEAD", "Health check") if drill else ("The version before", "The version before could not be deployed")
    )
    assert f"Health check ({version}): refused; lesson 6.4.4, in " in " ".join(shown.split())
    assert f"Not as it should be: {why}: {told}." in " ".join(shown.split())
