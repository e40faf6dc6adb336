"""What a notebook measures and shows: each late or failed answer counts, and no token is shown."""

import asyncio

import httpx
import jwt
import pytest

from course.teach import Rows, in_turn, percentile, probing, show


def test_the_percentile_is_one_of_the_values() -> None:
    assert [percentile([5, 1, 3, 2, 4], each) for each in (0, 20, 50, 99, 100)] == [1, 1, 3, 5, 5]


def test_a_probe_goes_on_asking_while_an_answer_is_late() -> None:
    late = asyncio.Event

    async def main() -> list[float]:
        answer = late()

        async def ask() -> None:
            await answer.wait()

        async with probing(ask, every=0.01, before=0, after=0) as samples:
            await asyncio.sleep(0.2)
            answer.set()
        return [sample.ms for sample in samples]

    waited = asyncio.run(main())
    assert len(waited) > 5
    assert max(waited) > 150
    assert waited[0] > waited[-1], "each is counted from the moment when it was asked for"


def test_a_failed_answer_is_not_passed_over() -> None:
    async def ask() -> None:
        raise ConnectionError("refused")

    async def main() -> None:
        async with probing(ask, every=0.01, before=0.02, after=0):
            pass

    with pytest.raises(ConnectionError, match="refused"):
        asyncio.run(main())
    with pytest.raises(ConnectionError, match="refused"):
        asyncio.run(in_turn(ask, 3))


def test_rows_are_a_table_in_a_notebook_and_escaped() -> None:
    rows = Rows([{"title": "<b>", "content": None}])
    assert rows[0]["title"] == "<b>"
    assert "<td>&lt;b&gt;</td><td>NULL</td>" in rows._repr_html_()
    assert repr(rows) == "title  content\n<b>    NULL"
    assert (repr(Rows()), Rows()._repr_html_()) == ("no rows", "<em>no rows</em>")


def test_an_answer_without_a_body_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show(httpx.Response(204, request=httpx.Request("DELETE", "http://x/notes/1?a=b")))
    assert capsys.readouterr().out == "DELETE /notes/1?a=b\n\n204 No Content\n\n"


def test_a_token_is_cut_where_it_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    token = jwt.encode({"sub": "1"}, "k" * 32)
    show(httpx.Response(200, json={"access_token": token}, request=httpx.Request("POST", "http://x/auth/login")))
    said = capsys.readouterr().out
    assert token[:12] in said
    assert not any(part in said for part in token.split(".")[1:])
