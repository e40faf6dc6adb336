"""What goes over the wire."""

import json

import pytest

from rooms.frames import TEXT_MAX_BYTES, Event, FrameError, error_frame, gap_frame, read_frame

NOTIFY_MAX_BYTES = 7_999
NAME = "n" * 32
AT = "2026-11-22T12:00:00.000Z"
ALLOWED_TEXTS = {
    "a word": "hello",
    "a space": " ",
    "two lines": "two\nlines\r\n",
    "JSON": '{"text": "not a frame"}',
    "1024 emoji": "🎈" * 1_024,
    "control characters": "\x01" * TEXT_MAX_BYTES,
    "quotes and backslashes": '"\\' * 2_048,
    "characters that are not seen": "\u2028\ufeff\uffff",
}


@pytest.mark.parametrize("text", ALLOWED_TEXTS.values(), ids=list(ALLOWED_TEXTS))
@pytest.mark.parametrize("ensure_ascii", [True, False], ids=["escaped", "as it is"])
def test_a_frame_gives_its_text_as_it_was_sent(text, ensure_ascii):
    assert read_frame(json.dumps({"text": text}, ensure_ascii=ensure_ascii)) == text


@pytest.mark.parametrize(
    "frame",
    [
        None,
        "",
        "hello",
        '{"text": "\\ud800"}',
        "[" * 10_000,
        "[]",
        "null",
        '"text"',
        "{}",
        '{"text": null}',
        '{"text": 1}',
        '{"text": NaN}',
        '{"text": "hello", "from": "eve"}',
        '{"text": ""}',
        '{"text": "a\\u0000b"}',
        json.dumps({"text": "x" * 4_097}),
        json.dumps({"text": "é" * 2_049}),
        json.dumps({"text": "x" * 60_000}),
    ],
    ids=["binary", "nothing", "no JSON", "half a character", "nested too deep", "a list", "null", "a text alone",
         "no text", "text null", "a number", "no number", "an unknown field", "empty", "NUL", "4097 bytes",
         "4098 bytes of two each", "60000 bytes"],
)  # fmt: skip
def test_a_bad_frame_is_refused_with_what_is_wrong(frame):
    with pytest.raises(FrameError) as caught:
        read_frame(frame)
    assert str(caught.value)
    assert "eve" not in str(caught.value)  # what the client sent is not sent back


def test_what_is_wrong_is_told_apart():
    told = set()
    for frame in (None, "no JSON", '{"text": "hello", "from": "eve"}', json.dumps({"text": "x" * 4_097})):
        with pytest.raises(FrameError) as caught:
            read_frame(frame)
        told.add(str(caught.value))
    assert len(told) == 4


@pytest.mark.parametrize("text", ALLOWED_TEXTS.values(), ids=list(ALLOWED_TEXTS))
def test_every_text_that_is_allowed_fits_into_a_notification_and_comes_out_unchanged(text):
    event = Event("message", NAME, NAME, AT, "c" * 32, text)
    assert len(event.payload().encode()) <= NOTIFY_MAX_BYTES
    assert Event.from_payload(event.payload()) == event


def test_an_arrival_has_no_text_on_its_way():
    event = Event("joined", "lobby", "ana", AT, "c1")
    assert Event.from_payload(event.payload()) == event


def test_a_client_reads_who_said_what_where_and_when():
    frame = Event("message", "lobby", "ana", AT, "c1", "Grüße").frame()
    assert json.loads(frame) == {"type": "message", "room": "lobby", "from": "ana", "at": AT, "text": "Grüße"}


def test_who_arrives_reads_who_is_there():
    frame = Event("joined", "lobby", "ana", AT, "c1").frame(members=["ana", "bob"])
    assert json.loads(frame) == {"type": "joined", "room": "lobby", "from": "ana", "at": AT, "members": ["ana", "bob"]}


def test_an_error_says_what_is_wrong():
    assert json.loads(error_frame("text: is empty")) == {"type": "error", "message": "text: is empty"}


def test_a_gap_says_that_something_may_be_missing_and_who_is_there():
    gap = json.loads(gap_frame("lobby", ["ana"]))
    assert (gap["type"], gap["room"], gap["members"]) == ("gap", "lobby", ["ana"])
    assert "may be missing" in gap["message"]
