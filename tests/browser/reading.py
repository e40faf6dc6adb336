"""What readers do on the blog's page, for tests to speak of, and what the tests do behind their backs."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from playwright.sync_api import Locator, Page, expect

from course.environment import request
from course.machine import ladder

PASSWORD = "correct horse battery"


def new_email(name: str) -> str:
    """An address nobody has; its beginning is the name that others see."""
    return f"{name}@{secrets.token_hex(4)}.example.com"


def heading(page: Page, title: str) -> Locator:
    return page.get_by_role("heading", level=1, name=title, exact=True)


def register(page: Page, name: str) -> str:
    """Make an account by the page's form, and return its e-mail."""
    email = new_email(name)
    page.get_by_role("link", name="Register").click()
    fill_account(page, "Register", email)
    expect(page.get_by_role("navigation").get_by_role("link", name=name, exact=True)).to_be_visible()
    return email


def fill_account(page: Page, button: str, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name=button).click()


def write_post(page: Page, title: str, body: str) -> None:
    page.get_by_role("link", name="Write", exact=True).click()
    page.get_by_label("Title").fill(title)
    page.get_by_label("Text", exact=True).fill(body)
    page.get_by_role("button", name="Publish").click()
    expect(heading(page, title)).to_be_visible()


def comments(page: Page) -> Locator:
    """The items of the thread."""
    return page.locator("ol.comments > li")


def is_live(page: Page) -> Locator:
    return page.get_by_text("New comments appear by themselves.")


def say(page: Page, body: str) -> None:
    page.get_by_label("Your comment").last.fill(body)
    page.get_by_role("button", name="Send").click()


def change_rows(database_url: str, sql: str, *args: object) -> None:
    """Run a statement that no server hears of. In a thread, because Playwright occupies this one's event loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(ladder.execute, database_url, sql, *args).result()


class Account:
    """Somebody who uses the API and no page."""

    def __init__(self, base_url: str, name: str) -> None:
        self.email = new_email(name)
        self._base_url = base_url
        self._headers: dict[str, str] = {}
        token = self.send("POST", "/auth/register", email=self.email, password=PASSWORD)["access_token"]
        self._headers["Authorization"] = f"Bearer {token}"

    def post(self, title: str, body: str = "A text.") -> int:
        """Write a post, and return its id."""
        return int(self.send("POST", "/posts", title=title, body=body)["id"])

    def say(self, post_id: int, body: str) -> int:
        """Write a comment, and return its id."""
        return int(self.send("POST", f"/posts/{post_id}/comments", body=body)["id"])

    def send(self, method: str, path: str, **json: Any) -> Any:
        answer = request(method, self._base_url + path, json=json or None, headers=self._headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None
