"""The reader's page, as files with headers. What it does in a browser is for tests with a browser."""

import re

import httpx
import pytest

from app.routers.reader import STATIC

FILES = ["/"] + [f"/static/{path.name}" for path in STATIC.iterdir()]


@pytest.mark.parametrize("path", FILES)
async def test_a_browser_runs_no_script_of_others_and_frames_the_page_nowhere(
    client: httpx.AsyncClient, path: str
) -> None:
    response = await client.get(path)
    assert response.status_code == 200
    policy = dict(directive.split(" ", 1) for directive in response.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_the_apis_documentation_runs_our_scripts_alone(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    policy = dict(directive.split(" ", 1) for directive in response.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert "<script>" not in response.text
    for source in re.findall(r'(?:src|href|spec-url)="([^"]+)"', response.text):
        assert (await client.get(f"/{source}")).status_code == 200


@pytest.mark.parametrize("path", FILES)
async def test_a_file_that_is_unchanged_is_not_sent_again(client: httpx.AsyncClient, path: str) -> None:
    first = await client.get(path)
    assert first.headers["cache-control"] == "no-cache"
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=abc", "bytes=0-9"])
async def test_a_file_is_sent_whole_whatever_part_is_asked_for(client: httpx.AsyncClient, wanted: str) -> None:
    part, whole = await client.get("/", headers={"Range": wanted}), await client.get("/")
    assert (part.status_code, part.content) == (200, whole.content)


@pytest.mark.parametrize("path", FILES)
async def test_head_is_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    head, get = await client.head(path), await client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))
    assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize(
    "path",
    ["/static", "/static/", "/static/nothing.js", "/static/app.js/", "/static/..%2fapp%2fmain.py", "/static/%00"],
)
async def test_what_is_no_file_of_the_page_is_a_problem(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/", "/static/app.js"])
async def test_a_file_can_only_be_read(client: httpx.AsyncClient, path: str) -> None:
    response = await client.post(path)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"


def test_the_page_asks_nobody_else_for_anything_and_puts_text_nowhere_as_html() -> None:
    for path in STATIC.iterdir():
        source = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(", source), path.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", source), path.name
        assert not re.search(r"\sstyle=|\son\w+=\"", source), path.name


def test_its_files_are_short_enough_to_read() -> None:
    for path in STATIC.iterdir():
        assert len(path.read_text(encoding="utf-8").splitlines()) < 150, path.name
