"""The blog's page when something is wrong: with what somebody typed, with a login, or with the server."""

import re
import secrets

import opening
import pytest
from conftest import Pages
from playwright.sync_api import Page, Route, expect
from reading import PASSWORD, Account, change_rows, comments, fill_account, heading, is_live, new_email, register, say
from served import Served


def test_the_server_restarts_under_an_open_page_and_what_was_missed_is_there(
    pages: Pages, blog: Served, database_url: str
) -> None:
    ana = Account(blog.url, "ana")
    title = f"Restarts {secrets.token_hex(3)}"
    post_id = ana.post(title)
    kept, changed, deleted = (ana.say(post_id, body) for body in ("Kept", "Before", "Deleted"))
    page = pages.open(f"{blog.url}/#/posts/{post_id}")
    expect(is_live(page)).to_be_visible()
    expect(comments(page)).to_contain_text(["Kept", "Before", "Deleted"])

    blog.stop()
    try:
        expect(page.get_by_text("Not live just now.")).to_be_visible()
        copy = "INSERT INTO comments (post_id, author_id, body) SELECT post_id, author_id, 'New' FROM comments"
        change_rows(database_url, f"{copy} WHERE id = $1", kept)
        change_rows(database_url, "UPDATE comments SET body = 'After', updated_at = now() WHERE id = $1", changed)
        change_rows(database_url, "DELETE FROM comments WHERE id = $1", deleted)
    finally:
        blog.start()
    expect(is_live(page)).to_be_visible(timeout=30_000)
    expect(comments(page)).to_contain_text(["Kept", "After", "New"])
    ana.say(post_id, "Live again")
    expect(comments(page)).to_contain_text(["Kept", "After", "New", "Live again"])


def test_reading_waits_for_a_server_that_is_away(pages: Pages, blog: Served) -> None:
    title = f"Patience {secrets.token_hex(3)}"
    Account(blog.url, "ana").post(title)
    page = pages.open(blog.url)
    link = page.get_by_role("link", name=title)
    expect(link).to_be_visible()
    blog.stop()
    try:
        link.click()
        expect(page.get_by_role("status").filter(has_text="The blog can't be reached just now.")).to_be_visible()
    finally:
        blog.start()
    expect(heading(page, title)).to_be_visible()
    expect(page.get_by_text("The blog can't be reached just now.")).to_have_count(0)


def test_reading_waits_as_long_as_a_503_says(pages: Pages, blog: Served) -> None:
    asked = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            problem = '{"status": 503, "detail": "The database does not answer just now."}'
            route.fulfill(
                status=503, headers={"Retry-After": "1"}, content_type="application/problem+json", body=problem
            )
        else:
            route.continue_()

    page = pages.open(f"{blog.url}/#/login")
    page.route("**/posts?*", answer)
    page.get_by_role("link", name="Blog").click()
    expect(page.get_by_text("The database does not answer just now. This page tries again by itself.")).to_be_visible()
    expect(heading(page, "Newest posts")).to_be_visible()
    assert len(asked) == 2


def test_what_is_wrong_is_said_at_its_field(pages: Pages, blog: Served) -> None:
    taken = Account(blog.url, "ana")
    page = pages.open(f"{blog.url}/#/register")
    fill_account(page, "Register", "ana@localhost")
    expect(page.get_by_text("must be an e-mail address.")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_be_focused()
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("E-mail")).to_have_accessible_description(re.compile("must be an e-mail address"))
    fill_account(page, "Register", new_email("ana"), "é" * 40)
    expect(page.get_by_label("Password")).to_have_accessible_description(re.compile("at most 72 bytes"))
    fill_account(page, "Register", taken.email)
    expect(page.get_by_role("alert")).to_have_text("An account with this e-mail exists already.")
    expect(page.get_by_label("E-mail")).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("main").get_by_role("link", name="Log in").click()
    fill_account(page, "Log in", taken.email, "a wrong password")
    expect(page.get_by_role("alert")).to_have_text("The e-mail or the password is wrong.")


def test_too_many_wrong_passwords_and_the_page_says_when_to_come_back(pages: Pages, blog: Served) -> None:
    ana = Account(blog.url, "ana")
    page = pages.open(f"{blog.url}/#/login")
    for _ in range(10):
        with page.expect_response("**/auth/login"):
            fill_account(page, "Log in", ana.email, "a wrong password")
        expect(page.get_by_role("main").get_by_role("button")).not_to_have_attribute("aria-disabled", "true")
    fill_account(page, "Log in", ana.email)
    expect(page.get_by_role("alert")).to_have_text(re.compile(r"Try again in 1\d minutes, at \d\d:\d\d\.$"))


def test_an_account_is_deleted_by_whoever_knows_its_password(pages: Pages, blog: Served) -> None:
    ana = Account(blog.url, "ana")
    post_id = ana.post("About to go")
    page = pages.open(f"{blog.url}/#/login")
    fill_account(page, "Log in", ana.email)
    page.get_by_role("navigation").get_by_role("link", name="ana", exact=True).click()
    page.get_by_label("Password, to delete").fill("not this one")
    page.get_by_role("button", name="Delete the account").click()
    expect(page.get_by_role("alert").filter(has_text="The current password is wrong.")).to_be_visible()
    page.get_by_label("Password, to delete").fill(PASSWORD)
    page.get_by_role("button", name="Delete the account").click()
    expect(page.get_by_text("Your account is deleted")).to_be_visible()
    expect(page.get_by_role("navigation").get_by_role("link", name="Register")).to_be_visible()
    assert page.request.get(f"{blog.url}/posts/{post_id}").status == 404


def test_a_login_that_ended_loses_no_word(pages: Pages, blog: Served) -> None:
    post_id = Account(blog.url, "ana").post("About tokens")
    page = pages.open(f"{blog.url}/#/posts/{post_id}")
    email = register(page, "bob")
    expect(heading(page, "About tokens")).to_be_visible()
    end_login(page, blog)
    say(page, "A long thought")
    expect(page.get_by_text("Your login has ended.")).to_be_visible()
    fill_account(page, "Log in", email)
    expect(heading(page, "About tokens")).to_be_visible()
    expect(page.get_by_label("Your comment")).to_have_value("A long thought")
    page.get_by_role("button", name="Send").click()
    expect(comments(page)).to_contain_text(["A long thought"])
    expect(page.get_by_label("Your comment")).to_have_value("")


def end_login(page: Page, blog: Served) -> None:
    """Change the password elsewhere, which ends every token of before."""
    headers = {"Authorization": "Bearer " + page.evaluate("JSON.parse(sessionStorage.session).token")}
    passwords = {"current_password": PASSWORD, "new_password": PASSWORD}
    assert page.request.put(f"{blog.url}/users/me/password", headers=headers, data=passwords).status == 204


def test_an_account_changes_its_name_and_password_and_logs_out(pages: Pages, blog: Served) -> None:
    page = pages.open(blog.url)
    email = register(page, "bob")
    page.get_by_role("navigation").get_by_role("link", name="bob").click()
    page.get_by_label("Your name").fill("Bob Builder")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("navigation").get_by_role("link", name="Bob Builder")).to_be_visible()
    page.get_by_label("Password now").fill("not this one")
    page.get_by_label("New password").fill("a new password")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    page.get_by_label("Password now").fill(PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Your password is changed")).to_be_visible()
    opening.reload(page)
    expect(page.get_by_role("navigation").get_by_role("link", name="Bob Builder")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("navigation").get_by_role("link", name="Register")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    page.get_by_role("link", name="Log in").click()
    fill_account(page, "Log in", email, "a new password")
    expect(page.get_by_role("navigation").get_by_role("link", name="Bob Builder")).to_be_visible()


@pytest.mark.parametrize("address", ["#/posts/999999999", "#/authors/999999999", "#/nowhere", "#/posts/9/edit/9"])
def test_what_is_not_there_is_said_in_a_sentence(pages: Pages, blog: Served, address: str) -> None:
    page = pages.open(f"{blog.url}/{address}")
    expect(heading(page, "Sorry")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("There is no")
