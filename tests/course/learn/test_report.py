"""What a student reads of a failed test: one clause, made from the test itself."""

import textwrap
from pathlib import Path

import pytest

from course.machine.material.testing import Outcome, Run, job_on, run_all

TESTS = """
from http import HTTPStatus

import pytest
from app import NotYet, answer, group, half, insist, nothing


class Reply:
    status_code = 500

    def json(self):
        return {"id": 1}


def test_equal():
    response = Reply()
    assert response.status_code == 201


def test_the_constant_may_come_first():
    assert 201 == Reply().status_code


def test_contained():
    assert "title" in Reply().json()


def test_not_contained():
    secret = "hunter2"
    assert secret not in "my hunter2"


def test_contained_far_inside():
    hay = "x" * 300 + " needle " + "y" * 300
    assert "needle" not in hay


def test_asserted_by_the_app():
    insist()


def test_less():
    seconds = 3.5
    assert seconds < 1


def test_true():
    assert not Reply().json()


def test_with_words():
    assert half(3) == 2, "three is cut in two"


def test_that_raises():
    answer()


def test_not_raised():
    with pytest.raises(ValueError):
        half(2)


def test_with_another_text():
    with pytest.raises(KeyError, match="e-mail of Ana\\\\."):
        answer()


def test_a_long_set():
    assert {str(number) for number in range(100)} == {str(number) for number in range(1, 101)}


def test_a_long_list_that_lacks_one():
    assert list(range(99)) == list(range(100))


def test_a_long_list_of_statuses():
    statuses = [201, *[HTTPStatus.CONFLICT] * 6, *[500] * 3, *[HTTPStatus.NOT_FOUND] * 9]
    assert sorted(statuses) == [201] + [404] * 9 + [409] * 9


def test_a_status():
    status = HTTPStatus.CONFLICT
    assert status == 201


def test_a_long_dictionary():
    assert dict.fromkeys(range(100), 1) | {7: 2} == dict.fromkeys(range(100), 1)


def test_a_long_list_in_another_order():
    assert list(range(100)) == list(reversed(range(100)))


def test_empty():
    nothing()


def test_many_errors():
    group()


def test_long():
    assert half(2) == list(range(1000))


@pytest.fixture
def broken():
    raise RuntimeError("no database")


def test_with_a_broken_fixture(broken):
    pass


def test_two_parts():
    assert half(2) == 1 and half(4) == 1


def test_good():
    assert half(4) == 2


def test_named():
    reply, seconds = Reply(), 70.5
    assert 50 < seconds <= 60 and half(reply.status_code)
"""
APP = """
class NotYet(Exception):
    pass


def half(number):
    return number // 2


def answer():
    raise KeyError("email")


def nothing():
    raise NotImplementedError("step 4.5a: hash the password")


def group():
    raise ExceptionGroup("two", [ValueError("the first"), ValueError("the second")])


def insist():
    assert False, "no"
"""
CLAUSES = {
    "equal": "`response.status_code` was 500, not 201",
    "the_constant_may_come_first": "`Reply().status_code` was 500, not 201",
    "contained": "'title' is not in `Reply().json()`, which was {'id': 1}",
    "not_contained": "'hunter2' is in `'my hunter2'`, and must not be",
    "contained_far_inside": f"'needle' is in `hay`, which was ...{'x' * 39} needle {'y' * 27}..., and must not be",
    "asserted_by_the_app": "app.py, line 23, raised AssertionError: no",
    "less": "`seconds` was 3.5, not less than 1",
    "true": "`not Reply().json()` is not true",
    "with_words": "three is cut in two",
    "that_raises": "app.py, line 11, raised KeyError: 'email'",
    "not_raised": "nothing raised ValueError",
    "with_another_text": "the exception's text was \"'email'\", not 'e-mail of Ana.'",
    "a_long_set": "`{str(number) for number in range(100)}` lacks '100' and has too much: '0'",
    "a_long_list_that_lacks_one": "`list(range(99))` lacks 99",
    "a_long_list_of_statuses": "`sorted(statuses)` lacks 409 (3 times) and has too much: 500 (3 times)",
    "a_status": "`status` was 409, not 201",
    "a_long_dictionary": "`dict.fromkeys(range(100), 1) | {7: 2}` lacks 7: 1 and has too much: 7: 2",
    "empty": "step 4.5a is not written yet",
    "many_errors": "app.py, line 19, raised ValueError: the first",
    "with_a_broken_fixture": "tests/test_it.py, line 109, raised RuntimeError: no database",
    "named": "`50 < seconds <= 60 and half(reply.status_code)` is not true: "
    "`seconds` was 70.5, `reply.status_code` was 500",
    "two_parts": "`half(2) == 1 and half(4) == 1` is not true",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("stage")
    (folder / "tests").mkdir()
    (folder / "app.py").write_text(APP, encoding="utf-8")
    (folder / "tests" / "test_it.py").write_text(TESTS, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n", encoding="utf-8")
    return run_all([job_on(folder, ["tests"])], database_url="")[0]


@pytest.mark.parametrize(("test", "clause"), CLAUSES.items(), ids=list(CLAUSES))
def test_a_failure_is_told_in_one_clause(run: Run, test: str, clause: str):
    happened = {outcome.test.rpartition("test_")[2]: outcome.happened for outcome in run.failed}
    assert happened[test.removeprefix("test_")] == clause


def test_a_long_list_in_another_order_is_shown_in_its_order(run: Run):
    [order] = [outcome.happened for outcome in run.failed if outcome.test.endswith("in_another_order")]
    assert order.startswith("`list(range(100))` was [0, 1, 2")


def test_what_only_one_of_two_long_sets_has_is_shown_alone(run: Run):
    values = {outcome.test.rpartition("test_")[2]: list(outcome.values) for outcome in run.failed}
    assert values["a_long_set"] == ["'100', which is missing", "'0', which is too much"]
    assert values["a_long_list_that_lacks_one"] == ["99, which is missing", "all else"]


def test_the_text_of_an_exception_and_the_expected_one_are_shown(run: Run):
    [values] = [outcome.values for outcome in run.failed if outcome.test.endswith("with_another_text")]
    assert list(values) == ["'e-mail of Ana.'", "\"'email'\""]


def test_a_long_value_is_cut(run: Run):
    [long] = [outcome.happened for outcome in run.failed if outcome.test.endswith("test_long")]
    assert long.startswith("`half(2)` was 1, not [0, 1, 2")
    assert len(long) < 120


def test_a_good_test_has_passed(run: Run):
    assert [outcome.test for outcome in run.outcomes if outcome.passed] == ["tests/test_it.py::test_good"]


def test_a_test_file_that_can_not_be_imported_is_told(tmp_path: Path):
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tmp_path / "test_it.py").write_text(textwrap.dedent("import not_there\n"), encoding="utf-8")
    [outcome] = run_all([job_on(tmp_path, ["test_it.py"])], database_url="")[0].failed
    assert outcome.test == "test_it.py"
    assert outcome.happened == "ModuleNotFoundError: No module named 'not_there'"


def test_the_students_own_pytest_settings_do_not_disturb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tmp_path / "test_it.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
    assert run_all([job_on(tmp_path, ["test_it.py"])], database_url="")[0].good


EXPLAINED_APP = """
async def send():
    pass


async def handle():
    send()


class DriverError(Exception):
    pass


def refuse():
    error = DriverError("(driver.Error) long and unreadable")
    error.orig = Exception()
    error.orig.__cause__ = ValueError("duplicate key")
    raise error


def read(row):
    return row["title"]


def half(number):
    try:
        return number.half()
    except (AttributeError, TypeError):
        return None
"""
EXPLAINED_TESTS = """
import asyncio
from app import half, handle, read, refuse


def test_unawaited():
    asyncio.run(handle())


def test_after_it():
    assert 1 == 1


def test_same_looks():
    assert "zoe\\u0308" == "zo\\u00eb"


def test_far_apart():
    assert "x" * 300 + "a" == "x" * 300 + "b"


def test_a_member():
    assert 1 in [2]


def test_the_drivers_reason():
    refuse()


def test_a_librarys_link():
    raise ValueError("no such row\\n[SQL: SELECT 1]\\n(Background on this error at: https://sqlalche.me/e/21/dbapi)")


def test_caught():
    assert [half(number) for number in (1, 2)] == 1


def test_frames():
    print("before")
    read({})
"""


@pytest.fixture(scope="module")
def explained_app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stage")
    (folder / "tests").mkdir()
    (folder / "app.py").write_text(EXPLAINED_APP, encoding="utf-8")
    (folder / "tests" / "test_it.py").write_text(EXPLAINED_TESTS, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\nfilterwarnings = error\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def explained(explained_app: Path) -> dict[str, Outcome]:
    [run] = run_all([job_on(explained_app, ["tests"], test_seconds=60)], database_url="")
    return {outcome.test.rpartition("::test_")[2]: outcome for outcome in run.outcomes}


def test_where_only_the_first_failure_is_to_be_explained_no_other_is(explained_app: Path):
    tests = [f"tests/test_it.py::test_{name}" for name in ("after_it", "caught", "frames")]
    [run] = run_all([job_on(explained_app, tests, test_seconds=60, explain_first=True)], database_url="")
    first, second = run.failed
    assert first.facts["ran"]["app.py"]
    assert first.facts["raised"]
    assert second.facts == {}
    assert second.error.startswith("KeyError")


def test_a_coroutine_that_nobody_awaits_fails_the_test_that_made_it(explained: dict[str, Outcome]):
    outcome = explained["unawaited"]
    assert outcome.happened == "send was never awaited"
    [unawaited] = outcome.facts["unawaited"]
    assert (unawaited["line"], unawaited["code"]) == (7, "send()")
    assert explained["after_it"].passed


def test_texts_that_look_the_same_are_shown_with_their_code_points(explained: dict[str, Outcome]):
    assert list(explained["same_looks"].values) == ["'zoe\\u0308'", "'zo\\xeb'"]


def test_long_texts_are_cut_around_their_first_difference(explained: dict[str, Outcome]):
    expected, seen = explained["far_apart"].values
    assert expected.endswith("xxxb'")
    assert seen.endswith("xxxa'")
    assert len(seen) < 220


def test_only_of_equality_one_side_is_what_was_expected(explained: dict[str, Outcome]):
    assert explained["a_member"].values == ()


def test_a_database_error_is_told_in_the_databases_words(explained: dict[str, Outcome]):
    assert explained["the_drivers_reason"].error == "DriverError: duplicate key"


def test_what_follows_the_reason_is_left_out(explained: dict[str, Outcome]):
    assert explained["a_librarys_link"].error == "ValueError: no such row"


def test_what_was_printed_and_the_way_to_the_exception_are_noted(explained: dict[str, Outcome]):
    outcome = explained["frames"]
    assert outcome.printed == "before\n"
    assert [(Path(frame["file"]).name, frame["code"]) for frame in outcome.frames] == [
        ("test_it.py", "read({})"),
        ("app.py", 'return row["title"]'),
    ]


def test_an_exception_in_a_line_of_the_app_is_noted_once_also_if_it_was_caught(explained: dict[str, Outcome]):
    [raised] = explained["caught"].facts["raised"]
    assert (raised["code"], raised["name"]) == ("return number.half()", "half")
    assert raised["error"] == "AttributeError: 'int' object has no attribute 'half'"
    assert raised["kinds"][:2] == ["AttributeError", "Exception"]
