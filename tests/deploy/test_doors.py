"""The doors that `course verify` tries: each is told by its own sentence when open; the course's app locks all."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from conftest import course

from course.deploy.rehearsal.faults import FAULTS
from course.deploy.rehearsal.show import SECTIONS, TWO_VERSIONS
from course.deploy.rehearsal.unnoticed import UNNOTICED
from course.deploy.verify import doors
from course.deploy.verify.caller import Caller, json_of
from course.deploy.verify.doors import DOORS, Tried, median_between
from course.deploy.verify.report import Promise, causes, lesson, lesson_file
from course.machine import processes
from course.paths import ROOT
from course.stages import CAPSTONE

SECRET = "the secret of what is planted, 32 bytes or more"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOLD = {
    "always_ready": ("being_ready_takes_a_database", r"ready is as quick as /health, which asks nobody"),
    "ready_for_all": ("being_ready_takes_a_database", r"ready-\w+, which nobody has written, is answered 200 too"),
    "any_origin": ("no_other_site_asks_with_credentials", r"Origin: https://elsewhere.example allows .*credentials"),
    "shown_variables": ("nothing_shows_the_variables", r"GET /debug shows DATABASE_URL to everybody"),
    "variables_in_the_document": ("nothing_shows_the_variables", r"GET /openapi.json shows the address of a database"),
    "variables_on_a_route_of_ones_own": ("nothing_shows_the_variables", r"GET /whoami shows jwt_secret to everybody"),
    "bare_cookie": ("a_cookie_is_well_kept", r"the cookie session is set without SameSite"),
    "tokens_for_a_year": ("a_token_ends_soon", r"a token is good for 365 days"),
    "docs_off": ("the_docs_are_there", r"GET /openapi.json is answered 404"),
    "a_301_for_a_slash": ("no_redirect_swallows_a_post", r"POST /auth/login/ is answered 301 to /auth/login"),
    "two_secrets": ("replicas_have_one_secret", r"one and the same token was taken \d times and refused \d times"),
    "two_times": ("replicas_have_one_time", r"tokens of one moment have times that are \d\d s apart"),
    "no_trusted_proxies": ("each_address_has_a_login_limit_of_its_own", r"lock the account for another address too"),
    "believes_everybody": ("each_address_has_a_login_limit_of_its_own", r"another X-Forwarded-For or X-Real-IP"),
}


@pytest.fixture(scope="module")
def planted(migrated: str) -> Iterator[dict[str, str]]:
    """The address of the capstone with each mistake."""
    env = {**os.environ, "DATABASE_URL": migrated, "JWT_SECRET": SECRET, "PYTHONPATH": str(ROOT)}
    program = [sys.executable, str(Path(__file__).with_name("planted.py"))]
    with subprocess.Popen(
        program, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", **processes.apart()
    ) as process:
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())
        finally:
            processes.end(process)


def attempt(url: str, name: str = "") -> Tried:
    """Try the doors, or the one of this name; again while that could not be judged: the machine may be busy."""
    while (tried := doors.attempt(url, CAPSTONE, doors.named(CAPSTONE, [name]))).not_judged:
        assert "no clear answer" in str(tried.not_judged), tried
    return tried


@pytest.mark.parametrize("mistake", TOLD)
def test_a_door_that_is_open_is_told(planted: dict[str, str], mistake: str) -> None:
    name, told = TOLD[mistake]
    tried = attempt(planted[mistake], name)
    assert re.search(told, tried.open[f"doors.py::{name}"])
    assert tried.accounts == 0


def test_the_courses_own_app_has_every_door_locked_and_no_account_stays(planted: dict[str, str]) -> None:
    tried = attempt(planted["nothing"])
    assert tried.open == {}
    assert len(tried.locked) == len(DOORS)
    assert tried.accounts == 0
    assert tried.commit == ""


def test_the_app_says_which_commit_it_is(planted: dict[str, str]) -> None:
    assert doors.attempt(planted["named_commit"], CAPSTONE, []).commit == COMMIT


@pytest.mark.parametrize(("seconds", "is_open"), [(60.0, True), (0.0, False)])
def test_a_login_that_is_quicker_than_a_hash_is_told(
    planted: dict[str, str], monkeypatch: pytest.MonkeyPatch, seconds: float, is_open: bool
) -> None:
    monkeypatch.setattr(doors, "HASH_SECONDS_MIN", seconds)
    tried = attempt(planted["cheap_hashes"], "a_password_is_dear_to_guess")
    assert bool(tried.open) is is_open
    assert not is_open or "no processor does 10 rounds of bcrypt in that time" in str(tried.open)


def test_a_median_is_known_the_closer_the_more_is_measured() -> None:
    few, many = [-1.0, 3.0] * 20, [-1.0, *[1.0] * 1000, 3.0]
    assert median_between(few) == (-1.0, 3.0)
    assert median_between(many) == (1.0, 1.0)


@pytest.mark.parametrize("body", [b"welcome", b"\xff", b"[" * 100_000])
def test_what_is_no_json_says_nothing(body: bytes) -> None:
    assert json_of(httpx.Response(201, content=body)) is None


@pytest.mark.parametrize(("url", "port"), [("http://127.0.0.1", 80), ("https://127.0.0.1", 443)])
def test_an_address_without_a_port_is_reached_by_its_schemes_own(
    monkeypatch: pytest.MonkeyPatch, url: str, port: int
) -> None:
    asked: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        asked.append(address)
        return socket.socket()

    monkeypatch.setattr(socket, "create_connection", connect)
    with Caller(url).ways():
        assert asked == [("127.0.0.1", port)] * 2


def broken(test: str, why: str, *came: str) -> Promise:
    exchanges = [{"asked": "GET /users/me", "came": each} for each in came]
    return Promise(test, 1, [{"case": "", "why": why, "exchanges": exchanges}])


def test_what_follows_from_an_open_door_is_counted_under_it_and_what_is_left_by_what_it_met() -> None:
    [secrets] = doors.named(CAPSTONE, ["one_secret"])
    wrong = [
        broken("test_users.py::a", "assert 401 == 200", "401 {}"),
        broken("test_users.py::b", "GET /users/me answered 401: {}"),
        broken("test_posts.py::c", "GET /posts/12 answered 500: oh"),
        broken("test_posts.py::d", "assert 1 == 2", "401 {}"),
        broken("test_posts.py::e", "GET /posts/7?limit=1 answered 500: oh"),
        broken("test_posts.py::f", "assert 4010 == 2", "200 {}"),
    ]
    found = causes({secrets: "seen"}, wrong)
    assert [(each.sentence, [promise.test[-1] for promise in each.promises]) for each in found] == [
        ("Broken: Replicas have one secret", ["a", "b", "d"]),
        ("GET /posts/{id} is answered 500", ["c", "e"]),
        ("Broken: F", ["f"]),
    ]


def test_two_secrets_are_one_diagnosis_with_its_lesson(planted: dict[str, str]) -> None:
    words = ("--only", "one secret", "--only", "a public profile", "--only", "a profile")
    shown = course("verify", planted["two_secrets"], *words).stdout
    verdict = re.search(r", broken: ([1-9]\d*), open doors: 1, causes: 1\.$", shown, re.MULTILINE)
    assert verdict, shown
    assert "\nBroken: Replicas have one secret\n" in shown
    assert "to do   Set JWT_SECRET once" in shown
    assert "lesson  6.5.4, in " in shown
    assert f"broken with it: {verdict[1]}, as " in shown
    assert "The app does not say which commit it is." in shown


def test_every_door_failure_and_phase_has_a_lesson_that_is_there() -> None:
    played = {each.section for each in (*FAULTS, *UNNOTICED)} | {*SECTIONS.values(), TWO_VERSIONS}
    for section in {lesson(each.test) for each in DOORS} | played:
        text = (ROOT / lesson_file(section)).read_text(encoding="utf-8")
        assert re.search(rf"^##? (Step )?{re.escape(section)}[ :]", text, re.MULTILINE), section
