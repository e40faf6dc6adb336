"""The page of stage 05b: an echo and a room, as people meet them."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import Pages
from playwright.sync_api import Locator, Page, expect
from served import Served

CONNECTED = re.compile("^Connected$")
NO_CONNECTION = re.compile("^No connection")
PHONE = (320, 640)  # the narrowest in use
PROJECTOR = (1920, 1080)


def in_room(pages: Pages, served: Served, name: str, size: tuple[int, int] = (1280, 800)) -> Page:
    """A page that has joined the room."""
    page = pages.open(f"{served.url}/?name={name}&room=browser", *size)
    expect(state(page, "Room")).to_have_text(CONNECTED)
    return page


def section(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title)


def state(page: Page, title: str) -> Locator:
    """The line that says how a socket is doing; a screen reader reads it out."""
    return section(page, title).get_by_role("status")


def say(page: Page, text: str) -> None:
    message_box(page).fill(text)
    message_box(page).press("Enter")


def message_box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def messages(page: Page) -> Locator:
    return page.get_by_role("log", name="Messages")


def test_two_pages_talk_to_each_other_and_see_who_is_there(pages: Pages, websockets: Served) -> None:
    ana, bob = in_room(pages, websockets, "ana"), in_room(pages, websockets, "bob")
    say(ana, "Hello Bob, <b>is this bold</b>?")
    say(bob, "No, it is text")
    for page in (ana, bob):
        expect(messages(page)).to_contain_text("Hello Bob, <b>is this bold</b>?")
        expect(messages(page)).to_contain_text("No, it is text")
        expect(section(page, "Room").get_by_role("list").filter(has_text="ana").last).to_have_text("anabob")
    bob.close()
    expect(messages(ana)).to_contain_text("bob left")


def test_ones_own_messages_stand_out_whatever_name_the_form_shows_by_now(pages: Pages, websockets: Served) -> None:
    ana, bob = in_room(pages, websockets, "ana"), in_room(pages, websockets, "bob")
    ana.get_by_label("Your name").fill("bob")
    say(ana, "Mine")
    expect(messages(bob)).to_contain_text("Mine")
    say(bob, "Not mine")
    expect(messages(ana)).to_contain_text("Not mine")
    expect(messages(ana).locator(".own .text")).to_have_text(["Mine"])


def test_the_echo_answers(pages: Pages, websockets: Served) -> None:
    page = pages.open(websockets.url)
    expect(state(page, "Echo")).to_have_text(CONNECTED)
    section(page, "Echo").get_by_role("button", name="Send").click()
    expect(page.get_by_role("log", name="Echoes")).to_contain_text("Echo: hello")


def test_the_server_restarts_and_both_pages_come_back(pages: Pages, websockets: Served) -> None:
    ana, bob = in_room(pages, websockets, "ana"), in_room(pages, websockets, "bob")
    websockets.stop()
    for page in (ana, bob):
        for title in ("Room", "Echo"):
            expect(state(page, title)).to_have_text(NO_CONNECTION)
            expect(section(page, title).get_by_text(re.compile(r"Try \d+ in [\d.]+ s"))).to_be_visible()
            expect(section(page, title).get_by_role("progressbar")).to_be_visible()
    websockets.start()
    for page in (ana, bob):
        for title in ("Room", "Echo"):
            expect(state(page, title)).to_have_text(CONNECTED, timeout=30_000)
    say(ana, "We are back")
    expect(messages(bob)).to_contain_text("We are back")


def test_somebody_who_waits_can_try_at_once(pages: Pages, websockets: Served) -> None:
    page = in_room(pages, websockets, "ana")
    websockets.stop()
    # So late a try leaves a slow server the time to start before the page tries by itself.
    expect(section(page, "Room").get_by_text(re.compile("Try 6 in"))).to_be_visible(timeout=90_000)
    websockets.start()
    section(page, "Room").get_by_role("button", name="Try now").click()
    expect(state(page, "Room")).to_have_text(CONNECTED)


def test_who_disconnects_stays_away_until_they_connect(pages: Pages, websockets: Served) -> None:
    ana, bob = in_room(pages, websockets, "ana"), in_room(pages, websockets, "bob")
    section(bob, "Room").get_by_role("button", name="Disconnect").click()
    expect(state(bob, "Room")).to_have_text("Disconnected")
    expect(messages(ana)).to_contain_text("bob left")
    say(bob, "Nobody hears this")
    expect(messages(bob)).to_contain_text("Not sent: there is no connection")
    expect(message_box(bob)).to_have_value("Nobody hears this")
    section(bob, "Room").get_by_role("button", name="Connect").click()
    expect(state(bob, "Room")).to_have_text(CONNECTED)


def test_all_of_it_works_by_keyboard(pages: Pages, websockets: Served) -> None:
    page = pages.open(f"{websockets.url}/?name=ana&room=browser")
    page.get_by_label("Your name").focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("zoe")
    page.keyboard.press("Enter")  # joins, and goes to the message
    expect(message_box(page)).to_be_focused()
    expect(messages(page)).to_contain_text("zoe joined")
    page.keyboard.type("typed")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the button
    expect(messages(page)).to_contain_text("typed")


def test_what_the_server_refuses_is_shown_and_the_connection_stays(pages: Pages, websockets: Served) -> None:
    page = in_room(pages, websockets, "ana")
    message_box(page).fill("é" * 2_049)
    expect(page.get_by_text("4,098 of 4,096 bytes")).to_be_visible()
    message_box(page).press("Enter")
    expect(messages(page)).to_contain_text("is over 4096 bytes")
    expect(message_box(page)).to_have_value("é" * 2_049)
    expect(state(page, "Room")).to_have_text(CONNECTED)


def test_a_text_that_costs_the_connection_is_not_lost(pages: Pages, websockets: Served) -> None:
    page = in_room(pages, websockets, "ana")
    say(page, "x" * 70_000)
    expect(message_box(page)).to_have_value("x" * 70_000)
    expect(state(page, "Room")).to_have_text(CONNECTED, timeout=30_000)
    say(page, "shorter")
    expect(messages(page)).to_contain_text("shorter")
    expect(message_box(page)).to_have_value("")


@pytest.mark.parametrize("query", ["name=Zo%C3%AB", "name=", "name=ana&room=two%20words"])
def test_an_address_with_a_bad_name_or_room_says_so(pages: Pages, websockets: Served, query: str) -> None:
    page = pages.open(f"{websockets.url}/?{query}")
    expect(messages(page)).to_contain_text("Not joined: a name and a room are 1 to 32 letters, digits, _ or -")
    expect(state(page, "Room")).not_to_have_text(CONNECTED)


@pytest.mark.parametrize("size", [PHONE, PROJECTOR])
def test_the_page_fits_the_screen_and_loads_nothing_from_elsewhere(
    pages: Pages, websockets: Served, size: tuple[int, int]
) -> None:
    page = in_room(pages, websockets, "n" * 32, size)
    say(page, "x" * 300)
    expect(messages(page)).to_contain_text("x" * 300)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert {url for url in pages.asked_for if not url.startswith((websockets.url, "data:"))} == set()


def test_each_pause_before_a_try_is_about_twice_the_last_up_to_15_seconds(pages: Pages, websockets: Served) -> None:
    page = pages.open(websockets.url)
    middle = page.evaluate(
        "import('/socket.js').then(({ pause }) => [0, 1, 2, 3, 4, 9].map((n) => pause(n, () => .5)))"
    )
    assert middle == [500, 1_000, 2_000, 4_000, 8_000, 15_000]


def test_a_member_speaks_under_the_name_that_the_server_gave(pages: Pages, websockets: Served) -> None:
    ana = pages.open(f"{websockets.url}/?name=ana&room=browser&member=on")
    ben = pages.open(f"{websockets.url}/?name=ben&room=browser&member=on")
    for page in (ana, ben):
        expect(messages(page)).to_contain_text(re.compile(r"guest-[0-9a-f]{8} joined"))
    say(ana, "Who am I?")
    expect(messages(ben).locator(".message .who")).to_have_text(re.compile("^guest-"))
    expect(messages(ana).locator(".own .text")).to_have_text(["Who am I?"])


def faults(page: Page) -> list[str]:
    """What axe finds, each with the first place."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]


def test_axe_finds_nothing_on_the_page_whatever_happens_to_it(pages: Pages, websockets: Served) -> None:
    page = in_room(pages, websockets, "ana")
    say(page, "Hello")
    expect(messages(page)).to_contain_text("Hello")
    message_box(page).fill("é" * 2_049)
    message_box(page).press("Enter")
    expect(messages(page)).to_contain_text("is over 4096 bytes")
    assert faults(page) == []
    section(page, "Room").get_by_role("button", name="Disconnect").click()
    expect(state(page, "Room")).to_have_text("Disconnected")
    assert faults(page) == []
    websockets.stop()
    expect(state(page, "Echo")).to_have_text(NO_CONNECTION)
    assert faults(page) == []
    websockets.start()
    refused = pages.open(f"{websockets.url}/?name=Zo%C3%AB")
    expect(messages(refused)).to_contain_text("Not joined")
    assert faults(refused) == []
