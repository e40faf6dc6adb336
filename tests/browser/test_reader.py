"""The blog's page, as two people meet on it, and as somebody without a mouse or with a small screen does."""

import secrets

import opening
import pytest
from conftest import Pages
from machine import eventually
from playwright.sync_api import Page, Route, expect
from reading import Account, comments, fill_account, heading, is_live, register, say, write_post
from served import Served

PHONE = (320, 640)  # the narrowest in use
DESK = (1280, 900)
TEXT = """A first paragraph with `code` in it.

    def double(number):
        return number * 2


    print(double(21))

A last paragraph."""
ATTACK = '<img src=/nothing onerror="window.ran=true"><script>window.ran=true</script><b>bold</b>'


def test_two_people_write_read_answer_change_and_delete(pages: Pages, blog: Served) -> None:
    title = f"On doubling {secrets.token_hex(3)}"
    ana, bob = pages.open(blog.url), pages.open(blog.url)
    register(ana, "ana")
    write_post(ana, title, TEXT)
    expect(ana.locator(".text > p")).to_have_text(["A first paragraph with code in it.", "A last paragraph."])
    assert ana.locator("pre code").inner_text() == "def double(number):\n    return number * 2\n\n\nprint(double(21))"
    expect(is_live(ana)).to_be_visible()

    opening.reload(bob)
    bob.get_by_role("link", name=title).click()
    expect(heading(bob, title)).to_be_visible()
    expect(bob.get_by_role("button", name="Delete")).to_have_count(0)
    register(bob, "bob")  # and back to the post
    expect(heading(bob, title)).to_be_visible()
    say(bob, "Is it also good for `str`?")
    expect(comments(ana)).to_contain_text(["Is it also good for str?"])
    expect(ana.get_by_role("heading", name="1 comment")).to_be_visible()
    say(ana, "Try it.\n\n    double('ab')")
    expect(comments(bob)).to_contain_text(["good for str", "Try it."])

    comments(bob).first.get_by_role("button", name="Edit").click()
    comments(bob).first.get_by_label("Your comment").fill("Is it good for lists?")
    bob.get_by_role("button", name="Save").click()
    expect(comments(ana).first).to_contain_text("Is it good for lists?")
    expect(comments(ana).first).to_contain_text("edited")
    comments(ana).first.get_by_role("button", name="Delete").click()  # under her own post she may
    ana.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(comments(bob)).to_contain_text(["Try it."])

    ana.get_by_role("link", name="Edit").click()
    ana.get_by_label("Title").fill(f"{title}, again")
    ana.get_by_role("button", name="Save").click()
    expect(heading(ana, f"{title}, again")).to_be_visible()
    ana.locator("article").get_by_role("button", name="Delete").click()
    ana.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(ana.get_by_text("The post is deleted.")).to_be_visible()
    expect(bob.get_by_text("This post was deleted.")).to_be_visible()
    expect(ana.get_by_role("link", name=title)).to_have_count(0)
    assert pages.console_errors == []
    assert {url for url in pages.asked_for if not url.startswith(blog.url)} == set()


def test_whoever_deletes_a_post_asks_for_nothing_of_it_any_more(pages: Pages, blog: Served) -> None:
    page = pages.open(blog.url)
    register(page, "ana")
    reading: list[Route] = []
    deleting: list[Route] = []
    page.route("**/posts/*/comments?*", lambda route: reading.append(route))  # not answered: the blog is slow
    write_post(page, f"Short-lived {secrets.token_hex(3)}", TEXT)
    expect(is_live(page)).to_be_visible()
    page.route(
        "**/posts/*", lambda route: deleting.append(route) if route.request.method == "DELETE" else route.continue_()
    )
    page.locator("article").get_by_role("button", name="Delete").click()
    with page.expect_event("requestfailed", lambda request: request.url == reading[0].request.url):
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    eventually(lambda: page.wait_for_timeout(50) or deleting, "the request to delete")  # routes are called meanwhile
    deleting[0].continue_()
    expect(page.get_by_text("The post is deleted.")).to_be_visible()
    assert pages.console_errors == []


def test_a_post_that_could_not_be_deleted_keeps_its_comments_live(pages: Pages, blog: Served) -> None:
    page = pages.open(blog.url)
    register(page, "ana")
    write_post(page, f"Here to stay {secrets.token_hex(3)}", TEXT)
    say(page, "Before")
    page.route(
        "**/posts/*", lambda route: route.abort() if route.request.method == "DELETE" else route.continue_(), times=1
    )
    page.locator("article").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The blog can't be reached just now.")).to_be_visible()
    expect(is_live(page)).to_be_visible()
    say(page, "After")
    expect(comments(page)).to_contain_text(["Before", "After"])


def test_a_script_in_a_title_a_text_a_comment_and_a_name_is_text(pages: Pages, blog: Served) -> None:
    mallory = Account(blog.url, "mallory")
    mallory.send("PATCH", "/users/me", display_name=ATTACK[:80])
    post_id = mallory.post(ATTACK, f"{ATTACK}\n\n    {ATTACK}\n\n`{ATTACK}`")
    mallory.say(post_id, ATTACK)
    page = pages.open(blog.url)
    page.get_by_role("link", name=ATTACK).click()
    expect(heading(page, ATTACK)).to_be_visible()
    expect(comments(page)).to_contain_text([ATTACK])
    page.locator("article").get_by_role("link", name=ATTACK[:80]).click()
    expect(heading(page, ATTACK[:80])).to_be_visible()
    assert page.evaluate("window.ran") is None
    assert page.locator("main b, main script, main img").count() == 0


def test_a_text_that_slipped_through_as_html_would_still_not_run(pages: Pages, blog: Served) -> None:
    page = pages.open(blog.url)
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    attempts = (
        "document.body.innerHTML = '<img src=/nothing onerror=\"window.ran = true\">'",
        "const b = document.createElement('button'); b.setAttribute('onclick', 'window.ran = true'); b.click()",
        "Object.assign(document.createElement('a'), { href: 'javascript:window.ran = true' }).click()",
        "document.head.append(Object.assign(document.createElement('script'), { text: 'window.ran = true' }))",
        "setTimeout('window.ran = true')",
    )
    for attempt in attempts:
        page.evaluate(f"() => {{ try {{ {attempt} }} catch {{ /* refused */ }} }}")
        assert page.evaluate("new Promise((resolve) => setTimeout(() => resolve(window.ran ?? 'no'), 0))") == "no", (
            attempt
        )


def test_a_search_finds_and_its_pages_are_still_there_on_the_way_back(pages: Pages, blog: Served) -> None:
    word = f"quokka{secrets.token_hex(3)}"
    author = Account(blog.url, "ines")
    for number in range(25):
        author.post(f"Post {number}", f"About the {word}.")
    page = pages.open(blog.url)
    page.get_by_role("searchbox").fill(word)
    page.get_by_role("searchbox").press("Enter")
    expect(heading(page, f"Posts about “{word}”")).to_be_visible()
    expect(page.locator(".posts > li")).to_have_count(20)
    page.get_by_role("button", name="More posts").click()
    expect(page.locator(".posts > li")).to_have_count(25)
    expect(page.get_by_role("button", name="More posts")).to_be_hidden()

    page.get_by_role("link", name="Post 2", exact=True).click()
    expect(heading(page, "Post 2")).to_be_visible()
    page.go_back()
    expect(page.locator(".posts > li")).to_have_count(25)
    expect(page.get_by_role("link", name="Post 2", exact=True)).to_be_in_viewport()
    opening.reload(page)
    expect(page.locator(".posts > li")).to_have_count(25)
    expect(page.get_by_role("searchbox")).to_have_value(word)
    page.get_by_role("searchbox").fill(f"no{word}")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_text("Nothing was found.")).to_be_visible()


def test_a_long_thread_comes_in_pages_and_a_new_comment_stands_at_its_end(pages: Pages, blog: Served) -> None:
    ana = Account(blog.url, "ana")
    post_id = ana.post("A long talk")
    for number in range(60):
        ana.say(post_id, f"Remark {number}")
    reader, writer = pages.open(f"{blog.url}/#/posts/{post_id}"), pages.open(f"{blog.url}/#/posts/{post_id}")
    register(writer, "bob")
    for page in (reader, writer):
        expect(is_live(page)).to_be_visible()
        expect(comments(page)).to_have_count(50)
    say(writer, "The last word")
    expect(comments(writer)).to_contain_text([*(f"Remark {number}" for number in range(60)), "The last word"])
    expect(comments(reader)).to_have_count(50)  # the new one comes after those that are not read yet
    reader.get_by_role("button", name="More comments").click()
    expect(comments(reader).nth(50)).to_be_focused()
    expect(comments(reader).last).to_contain_text("The last word")
    expect(reader.get_by_role("heading", name="61 comments")).to_be_visible()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control with this name or label is reached."""
    label = """() => {
        const { labels, ariaLabel, innerText } = document.activeElement;
        return (labels?.[0]?.innerText || ariaLabel || innerText || "").trim();
    }"""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(label) == name:
            return
    pytest.fail(f"no way to {name} by Tab")


def test_all_of_it_works_by_keyboard(pages: Pages, blog: Served) -> None:
    title = f"By keyboard {secrets.token_hex(3)}"
    Account(blog.url, "ines").post(title)
    page = pages.open(blog.url)
    expect(page.get_by_role("link", name=title)).to_be_visible()
    keys = page.keyboard
    keys.press("Tab")
    keys.press("Enter")  # the first stop skips everything before the text
    expect(page.get_by_role("main")).to_be_focused()
    tab_to(page, title)
    keys.press("Enter")
    expect(heading(page, title)).to_be_focused()
    tab_to(page, "Log in")
    keys.press("Enter")
    expect(page.get_by_label("E-mail")).to_be_focused()
    tab_to(page, "Register")
    keys.press("Enter")
    expect(heading(page, "Register")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_be_focused()
    keys.type(f"kim@{secrets.token_hex(4)}.example.com")
    keys.press("Tab")
    keys.type("correct horse battery")
    keys.press("Enter")
    expect(heading(page, title)).to_be_focused()
    tab_to(page, "Your comment")
    keys.type("Typed")
    keys.press("ControlOrMeta+Enter")
    expect(comments(page)).to_contain_text(["Typed"])
    for choice, left in (("Escape", 1), ("Tab+Enter", 0)):
        page.get_by_role("heading", level=1).focus()
        tab_to(page, "Delete the comment of kim")
        keys.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        for key in choice.split("+"):
            keys.press(key)
        expect(comments(page)).to_have_count(left)
    expect(page.get_by_role("heading", name="Comments")).to_be_focused()


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_nothing_is_wider_than_the_screen(pages: Pages, blog: Served, size: tuple[int, int]) -> None:
    author = Account(blog.url, "w" * 60)
    post_id = author.post("W" * 200, f"{'w' * 300}\n\n    {'code ' * 60}\n\n`{'c' * 200}`")
    author.say(post_id, "w" * 300)
    page = pages.open(blog.url, *size)
    page.get_by_role("link", name="Log in").click()
    fill_account(page, "Log in", author.email)
    expect(page.get_by_role("navigation").get_by_role("link", name="Write")).to_be_visible()
    for address in (
        "#/",
        f"#/posts/{post_id}",
        f"#/posts/{post_id}/edit",
        "#/write",
        "#/account",
        "#/?q=nothing",
        "#/x",
    ):
        page.goto(f"{blog.url}/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("status").filter(has_text="Loading")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
