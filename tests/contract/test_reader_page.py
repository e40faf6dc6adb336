"""The reader's page: everything that it is made of comes from this server."""

import re
from html.parser import HTMLParser

import pytest
from visitor import Visitor

pytestmark = pytest.mark.stages("06")

IMPORTS = re.compile(r"""(?:\bimport|\bfrom)\s*\(?\s*["']([^"']+)["']""")
LOADING = {"src", "href", "srcset", "data", "poster", "action"}


class Links(HTMLParser):
    """What a page refers to, and what of it a browser loads by itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        for name, value in attrs:
            if name in LOADING and tag != "a":
                self.loaded.append(value or "")
            if name.startswith("on") or name == "style":
                self.inline.append(f"{tag} {name}")

    def handle_data(self, data: str) -> None:
        if self._open in ("script", "style") and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


@pytest.mark.wire
async def test_there_is_a_page(nobody: Visitor) -> None:
    response = await nobody.get("/")
    assert response.status_code == 200
    assert response.headers["content-type"].replace(" ", "").lower() == "text/html;charset=utf-8"
    assert response.headers["x-request-id"]
    assert "<title>" in response.text
    head = await nobody.request("HEAD", "/")
    assert head.status_code == 200
    assert head.content == b""


@pytest.mark.wire
async def test_nothing_of_the_page_is_loaded_from_elsewhere(nobody: Visitor) -> None:
    loaded = ["/", *Links((await nobody.get("/")).text).loaded]
    assert len(loaded) > 1
    for path in loaded:
        assert path.startswith("/")
        assert not path.startswith("//")
        response = await nobody.get(path)
        assert response.status_code == 200, path
        if path.endswith(".js"):
            folder = path.rpartition("/")[0]
            for name in IMPORTS.findall(response.text):
                assert name.startswith(("./", "/")), f"{path} imports {name}"
                if (found := name.replace("./", f"{folder}/", 1) if name.startswith("./") else name) not in loaded:
                    loaded.append(found)
        if path.endswith(".css"):
            assert not re.search(r"url\(|@import", response.text), path


async def test_a_policy_lets_no_other_script_run(nobody: Visitor) -> None:
    response = await nobody.get("/")
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http:" not in policy
    assert "https:" not in policy
    assert "*" not in policy
    directives = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    assert directives.get("script-src", directives.get("default-src")) in ("'self'", "'none'")
    assert Links(response.text).inline == []
