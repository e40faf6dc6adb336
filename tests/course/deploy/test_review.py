"""`course review` finds each planted fault, and not in the app without it."""

import json
import re
from contextlib import closing
from pathlib import Path

import pytest
from small_app import serving, small_app
from small_bookings import small_bookings

from course.deploy.review import doors, report, review
from course.deploy.review.database import Between
from course.deploy.review.finding import GRAVITIES, Finding, Seen, kinds
from course.deploy.review.serving import Served, plan
from course.deploy.review.target import Target
from course.deploy.verify.report import lesson_file
from course.errors import UsageError
from course.machine import ladder

# Each fault, planted alone, and the probe that finds it. What takes a measurement to find, tests/review plants.
PLANTED = {
    "open-without-token": "without a token",
    "401-without-www-authenticate": "without a token",
    "broken-token": "broken token",
    "optional-token": "without a token",
    "broken-token-5xx": "broken token",
    "row-of-another": "somebody else",
    "list-of-everybody": "somebody else",
    "403-tells": "somebody else",
    "mass-assignment": "not the clients",
    "secret-field": "give away",
    "echoed-password": "error repeats",
    "variables-shown": "verify tries",
    "token-for-ever": "verify tries",
    "no-docs": "verify tries",
    "token-may-be-stored": "with a token",
    "not-stored": "written is there",
    "wrong-location": "written is there",
    "patch-erases": "one field",
    "race-duplicates": "same at once",
    "race-5xx": "same at once",
    "letter-case": "two spellings",
    "lost-update": "two changes",
    "server-error": "no client should send",
    "weak-password": "passwords that are taken",
    "endless-guessing": "guesses end",
    "limit-by-header": "guesses end",
    "no-limit-of-body": "bodies without",
    "no-limit-of-text": "texts without",
    "endless-list": "without an end",
}
# The same, of an app whose rows name others.
PLANTED_IN_BOOKINGS = {
    "row-of-another": "somebody else",
    "deed-of-another": "somebody else",
    "race-duplicates": "same at once",
    "oversold": "there is room",
    "mass-assignment": "not the clients",
    "role-for-the-asking": "not the clients",
    "account-of-another": "accounts of somebody else",
    "half-done": "in the middle",
    "half-done-texts": "in the middle",
    "endless-list": "without an end",
}
NAMES = {
    "deed-of-another": "row-of-another",
    "half-done-texts": "half-done",
    "account-of-another": "row-of-another",
    "role-for-the-asking": "mass-assignment",
    "no-limit-of-body": "body-without-limit",
    "no-limit-of-text": "text-without-limit",
}
ONLY = sorted(set(PLANTED.values()))


def asked(url: str, *only: str) -> Seen:
    target = Target(url, {}, seconds=60, requests=20_000)
    seen = review.ask(target, list(only))
    target.leave()
    return seen


@pytest.fixture(scope="module")
def mended() -> Seen:
    """What is found in the app without any fault."""
    with serving(small_app()) as url:
        return asked(url, *ONLY)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_fault_is_found_and_its_mended_twin_is_not(kind: str, mended: Seen) -> None:
    with serving(small_app(kind)) as url:
        found = [each for each in asked(url, PLANTED[kind]).findings if each.kind == NAMES.get(kind, kind)]
    assert found
    assert found[0].sent.startswith("curl ")
    assert NAMES.get(kind, kind) not in {each.kind for each in mended.findings}


@pytest.fixture(scope="module")
def mended_bookings() -> Seen:
    """What is found in the other app without any fault."""
    with serving(small_bookings()) as url:
        return asked(url, *sorted(set(PLANTED_IN_BOOKINGS.values())))


@pytest.mark.thorough
@pytest.mark.parametrize("kind", PLANTED_IN_BOOKINGS)
def test_a_fault_of_rows_that_name_others_is_found(kind: str, mended_bookings: Seen) -> None:
    with serving(small_bookings(kind)) as url:
        found = {each.kind for each in asked(url, PLANTED_IN_BOOKINGS[kind]).findings}
    assert NAMES.get(kind, kind) in found
    assert mended_bookings.findings == []
    assert not mended_bookings.not_judged


def test_a_row_that_only_others_may_make_is_told() -> None:
    with serving(small_bookings("rooms-are-made-by-nobody")) as url:
        not_judged = asked(url, "somebody else").not_judged
    assert "POST /rooms was answered 403" in not_judged["of somebody else, of POST /bookings"]


def test_a_row_that_is_there_is_named_where_none_can_be_made() -> None:
    faults = ("rooms-are-made-by-nobody", "a-room-is-there", "row-of-another")
    with serving(small_bookings(*faults)) as url:
        assert "row-of-another" in {each.kind for each in asked(url, "somebody else").findings}


def test_a_row_that_only_a_librarian_makes_is_made_by_one(tmp_path: Path) -> None:
    with ladder.fresh_database() as database, closing(Between(database)) as between:
        role = "role text CHECK (role IN ('MEMBER', 'LIBRARIAN'))"  # as an enum of SQLAlchemy's is stored: by its names
        ladder.execute(database, f"CREATE TABLE users (email text, {role})")
        app = small_bookings("role-for-the-asking", "row-of-another", roles_in=database)
        own = Served(plan(tmp_path, "main:app"), between, database, tmp_path)
        with serving(app) as url:
            target = Target(url, {}, seconds=60, requests=1000, served=own)
            found = doors.rows_of_somebody_else.ask(target)
            target.leave()
        roles = ladder.execute(database, "SELECT role, count(*) AS count FROM users GROUP BY role")
    assert "row-of-another" in {each.kind for each in found}
    assert ("LIBRARIAN", 1) in [tuple(each.values()) for each in roles]


def test_an_old_token_is_tried_on_a_route_that_needs_no_row() -> None:
    with serving(small_app("old-token-stays")) as url:
        [found] = asked(url, "password is changed").findings
    assert (found.kind, found.where) == ("old-token-stays", "GET /notes")


def test_headers_without_a_limit_are_found() -> None:
    for http, kinds_found in (("h11", []), ("httptools", ["headers-without-limit"])):
        with serving(small_app(), http=http) as url:
            assert [each.kind for each in asked(url, "headers without").findings] == kinds_found


def test_a_server_error_that_tells_what_is_inside_is_told_apart() -> None:
    with serving(small_app("server-error", "talkative-5xx")) as url:
        assert "talkative-5xx" in {each.kind for each in asked(url, "no client should send").findings}


def test_an_error_that_any_body_gets_is_no_odd_ones_fault() -> None:
    with serving(small_app("error-of-any-body")) as url:
        came = [each.came for each in asked(url, "no client should send").findings if each.where == "POST /notes"]
    assert "500, for a body that is right" in came
    assert not [each for each in came if "JSON in" in each or "title" in each]


def test_docs_that_are_elsewhere_are_found() -> None:
    with serving(small_app("docs-at-the-root")) as url:
        assert asked(url, "verify tries").findings == []


def test_nothing_is_found_in_an_app_without_faults(mended: Seen) -> None:
    assert mended.findings == []
    assert set(mended.not_judged) <= {"logins hold up nobody"}  # its logins take too little time


def test_what_was_written_is_deleted_again_and_what_stays_is_told() -> None:
    with serving(small_app()) as url:
        target = Target(url, {}, seconds=60, requests=1000)
        row = target.create(target.creating()[0])
        stays = target.leave()
        later = Target(url, {}, seconds=60, requests=1000)
        assert later.ask("GET", f"/notes/{row.id}", headers=row.guest.headers if row.guest else {}).status_code == 404
        later.leave()
    assert stays == ["accounts: 1"]


def test_no_token_stands_in_a_report() -> None:
    with serving(small_app("row-of-another")) as url:
        target = Target(url, {}, seconds=60, requests=1000)
        text = report.as_text({"target": url, "did": "", "begin": []}, review.ask(target, ["somebody else"]))
        target.leave()
    assert "$BOB" in text
    assert target.bob.token not in text


def test_the_requests_that_were_agreed_on_are_not_exceeded() -> None:
    with serving(small_app()) as url:
        target = Target(url, {}, seconds=60, requests=5)
        seen = review.ask(target, ["without a token", "no client should send"])
        target.leave()
    assert "the 5 requests that were agreed on are spent" in seen.not_judged["what no client should send"]


def test_every_kind_has_a_gravity_a_page_and_two_sentences() -> None:
    for kind in kinds().values():
        assert kind.gravity in GRAVITIES
        assert Path(lesson_file(kind.section)).suffix == ".md"
        assert 2 <= kind.why.count(". ") + kind.why.endswith(".") <= 3, kind.id


def test_json_text_and_page_tell_the_same() -> None:
    with serving(small_app("row-of-another")) as url:
        seen = asked(url, "somebody else")
    facts = {"target": "here", "did": "Nothing stays there.", "begin": [], "seconds": 1.0}
    [told] = json.loads(report.as_json(facts, seen))["findings"]
    assert told["kind"] == "row-of-another"
    for text in (report.as_text(facts, seen), report.as_html(facts, seen)):
        assert told["title"] in text
        assert all(place["where"] in text for place in told["places"])
    assert report.exit_status(seen) == 3
    assert report.exit_status(Seen()) == 0


def test_nothing_that_an_app_answers_is_markup_in_the_page() -> None:
    answer = "<script>a</script> <b>b</b> ![c](//d/e.png) [f](javascript:g) <http://h> **i** `j`"
    page = report.as_html(
        {"target": answer, "did": answer, "begin": []},
        Seen([Finding("ghost-user", "GET /", answer, answer)], {answer: answer}),
    )
    assert page.count("&lt;script&gt;") == 7
    assert not re.search("<(script|b|img|a|strong|em)[ >]", page)


def test_an_address_elsewhere_is_refused_unless_it_is_ones_own() -> None:
    with (
        pytest.raises(UsageError, match="--yes-it-is-mine"),
        review._target("https://blog.example", minutes=1, requests=1, mine=False),
    ):
        pass
