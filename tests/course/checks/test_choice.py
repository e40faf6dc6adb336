"""`course test` runs what is meant: by a stage's id, by a session's name, by a set."""

import pytest
from learning_tools import in_process
from machine import Home

from course.checks import choice, run, sets
from course.errors import UsageError
from course.machine.sessions import Session, sessions
from course.stages import STAGES

KNOWN = [
    Session("stage(04)", "stage", "04", "", True),
    Session("stage(06)", "stage", "06", "", True),
    Session("contract(06)", "contract", "06", "", True),
    Session("lint", "lint", None, "", False),
    Session("browser", "browser", None, "", True),
    Session("bench", "bench", None, "", True),
]


def names(chosen: list[Session]) -> list[str]:
    return [each.full_name for each in chosen]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["06"], ["stage(06)", "contract(06)"]),
        (["stage"], ["stage(04)", "stage(06)"]),
        (["contract(06)"], ["contract(06)"]),
        (["lint", "04", "stage"], ["stage(04)", "stage(06)", "lint"]),
    ],
)
def test_a_stage_or_a_session_stands_for_all_that_it_names(asked: list[str], expected: list[str]) -> None:
    assert names(choice.by_name(asked, KNOWN)) == expected


def test_an_unknown_name_is_told_with_the_names_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"'lnit' \(did you mean lint\?\).*Stages: 04, 06.*stage, contract, lint"):
        choice.by_name(["06", "lnit"], KNOWN)


def test_the_quick_set_and_the_rest_are_all_and_what_runs_by_name_is_in_neither(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "sessions", lambda: KNOWN)

    def chosen(*, every: bool = False, rest: bool = False) -> list[str]:
        return names(run.choose([], every=every, rest=rest))

    assert chosen() == ["stage(04)", "stage(06)", "contract(06)", "lint"]
    assert chosen(rest=True) == ["browser"]
    assert chosen(every=True) == ["stage(04)", "stage(06)", "contract(06)", "lint", "browser"]


@pytest.mark.parametrize("words", [["06", "--all"], ["--all", "--rest"], ["--changed", "lint"], ["--since", "HEAD"]])
def test_two_ways_of_choosing_at_once_are_a_usage_error(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    result = in_process(monkeypatch, "test", *words)
    assert result.returncode == 2
    assert "--changed" in result.stderr


def test_the_noxfile_has_a_session_for_each_stage_and_says_which_need_a_database() -> None:
    known = sessions()
    assert {each.stage_id for each in known} >= {stage.id for stage in STAGES}
    needs = {each.name: each.needs_postgres for each in known}
    assert needs["stage"]
    assert not needs["lint"]


def test_the_list_shows_each_session_with_its_set(home: Home) -> None:
    shown = home.run("test", "--list", COLUMNS="200").stdout
    for name, place in sets.PLACES.items():
        assert f"\n{place.set}  " in shown
        assert f" {name} " in shown
