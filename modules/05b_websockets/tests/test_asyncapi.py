"""The document of the sockets, `static/asyncapi.yaml`, says what the app does."""

import json
from pathlib import Path

import pytest
import yaml
from fastapi.routing import APIWebSocketRoute
from pydantic import BaseModel
from test_http import NO_DATABASE

from rooms.endpoint import NAME
from rooms.frames import TEXT_MAX_BYTES, Event, Say, error_frame, gap_frame
from rooms.members import TicketFrame
from server import FRAME_BYTES_MAX

DOCUMENT = yaml.safe_load(Path("static/asyncapi.yaml").read_text(encoding="utf-8"))
MESSAGES = DOCUMENT["components"]["messages"]
TYPES = {"string": str, "array": list}


def event(kind: str, text: str | None = None) -> Event:
    return Event(kind, "lobby", "ana", "2026-11-22T12:00:00.000Z", "c1", text)


SENT = {
    "message": [event("message", "hello").frame()],
    "joined": [event("joined").frame(), event("joined").frame(members=["ana"])],
    "left": [event("left").frame()],
    "gap": [gap_frame("lobby", ["ana"])],
    "error": [error_frame("text: is empty")],
}
TAKEN: dict[str, type[BaseModel]] = {"say": Say, "ticket": TicketFrame}


def test_every_socket_of_the_app_is_a_channel_and_every_channel_is_one():
    from websocket_example import create_app

    app = create_app(NO_DATABASE)
    routes = [*app.routes]
    paths = set()
    while routes:
        route = routes.pop()
        routes += getattr(getattr(route, "original_router", None), "routes", [])
        if isinstance(route, APIWebSocketRoute):
            paths.add(route.path)
    assert paths == {channel["address"] for channel in DOCUMENT["channels"].values()}


def test_every_message_is_tried_here():
    assert MESSAGES.keys() == {*SENT, *TAKEN, "text"}


@pytest.mark.parametrize("name", SENT)
def test_what_the_app_sends_is_as_the_document_says(name):
    payload = MESSAGES[name]["payload"]
    for frame in map(json.loads, SENT[name]):
        assert set(payload["required"]) <= frame.keys() <= payload["properties"].keys()
        assert frame["type"] == name == payload["properties"]["type"]["const"]
        for field, schema in payload["properties"].items():
            assert field not in frame or "const" in schema or isinstance(frame[field], TYPES[schema["type"]])


@pytest.mark.parametrize("name", TAKEN)
def test_what_the_app_takes_is_as_the_document_says(name):
    payload, schema = MESSAGES[name]["payload"], TAKEN[name].model_json_schema()
    assert payload["required"] == schema["required"]
    assert payload["additionalProperties"] is schema["additionalProperties"] is False
    assert payload["properties"].keys() == schema["properties"].keys()


def test_the_limits_are_the_apps():
    assert DOCUMENT["channels"]["room"]["bindings"]["ws"]["query"]["properties"]["name"]["pattern"] == NAME
    assert f"{TEXT_MAX_BYTES} bytes" in MESSAGES["say"]["payload"]["properties"]["text"]["description"]
    assert f"{FRAME_BYTES_MAX // 1024} KiB" in DOCUMENT["info"]["description"]
