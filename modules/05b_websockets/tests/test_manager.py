"""The connection manager: the rooms of one process."""

import json
from dataclasses import dataclass, field

import pytest

from rooms.frames import Event
from rooms.manager import ConnectionManager

AT = "2026-11-22T12:00:00.000Z"


@dataclass
class Listener:
    """A client that keeps what it is offered."""

    id: str
    room: str = "lobby"
    name: str = "somebody"
    knows_members: bool = False
    frames: list[str] = field(default_factory=list)

    def offer(self, frame: str) -> None:
        self.frames.append(frame)

    @property
    def events(self) -> list[dict[str, object]]:
        return [json.loads(frame) for frame in self.frames]


def joined(client_id: str, name: str, room: str = "lobby") -> Event:
    return Event("joined", room, name, AT, client_id)


def left(client_id: str, name: str, room: str = "lobby") -> Event:
    return Event("left", room, name, AT, client_id)


def said(text: str, room: str = "lobby") -> Event:
    return Event("message", room, "ana", AT, "c1", text)


@pytest.fixture
def manager() -> ConnectionManager:
    return ConnectionManager()


def test_everyone_in_the_room_is_offered_a_message_and_nobody_else(manager):
    here, here_too, elsewhere = Listener("c1"), Listener("c2"), Listener("c3", room="kitchen")
    for listener in (here, here_too, elsewhere):
        manager.add(listener)
    manager.deliver(said("hello"))
    assert [event["text"] for event in here.events] == ["hello"]
    assert here_too.frames == here.frames
    assert elsewhere.frames == []


def test_who_was_removed_is_offered_nothing_more(manager):
    stays, goes = Listener("c1"), Listener("c2")
    manager.add(stays)
    manager.add(goes)
    manager.remove(goes)
    manager.deliver(said("hello"))
    assert (len(stays.frames), len(goes.frames)) == (1, 0)
    assert manager.subscribers() == [stays]


def test_who_arrives_is_told_who_is_there_and_the_others_only_who_arrives(manager):
    ana, bob = Listener("c1"), Listener("c2")
    manager.add(ana)
    manager.deliver(joined("c1", "ana"))
    manager.add(bob)
    manager.deliver(joined("c2", "bob"))
    assert [event.get("members") for event in ana.events] == [["ana"], None]
    assert [event.get("members") for event in bob.events] == [["ana", "bob"]]


def test_who_is_there_is_known_of_other_processes_too(manager):
    manager.deliver(joined("far", "zoe"))
    manager.deliver(joined("far-too", "zoe"))
    assert manager.names("lobby") == ["zoe", "zoe"]
    manager.deliver(left("far", "zoe"))
    assert manager.names("lobby") == ["zoe"]
    assert manager.names("kitchen") == []


def test_an_arrival_or_departure_that_is_known_already_is_not_told_again(manager):
    ana = Listener("c1")
    manager.add(ana)
    manager.deliver(joined("c1", "ana"))
    for event in (joined("far", "zoe"), joined("far", "zoe"), left("far", "zoe"), left("far", "zoe")):
        manager.deliver(event)
    assert [(event["type"], event["from"]) for event in ana.events] == [
        ("joined", "ana"),
        ("joined", "zoe"),
        ("left", "zoe"),
    ]


def test_until_a_client_was_told_who_is_there_it_is_not_told_who_comes_and_goes(manager):
    ana = Listener("c1")
    manager.add(ana)
    manager.deliver(joined("far", "zoe"))
    manager.deliver(said("hello"))
    manager.deliver(joined("c1", "ana"))
    assert [event["type"] for event in ana.events] == ["message", "joined"]
    assert ana.events[-1]["members"] == ["ana", "zoe"]


def test_after_a_gap_everyone_is_told_so_and_who_is_there_now(manager):
    ana = Listener("c1")
    manager.add(ana)
    manager.deliver(joined("gone", "zoe"))
    manager.catch_up([("c1", "lobby", "ana"), ("far", "lobby", "bob"), ("else", "kitchen", "cem")])
    assert ana.events[-1]["type"] == "gap"
    assert ana.events[-1]["members"] == ["ana", "bob"]
    assert manager.names("kitchen") == ["cem"]


def test_who_has_read_the_list_of_a_gap_is_told_who_comes_and_goes(manager):
    ana = Listener("c1")  # her own arrival was never announced
    manager.add(ana)
    manager.catch_up([("c1", "lobby", "ana")])
    manager.deliver(joined("far", "zoe"))
    manager.deliver(left("far", "zoe"))
    assert [event["type"] for event in ana.events] == ["gap", "joined", "left"]


def test_a_room_that_everybody_left_leaves_nothing_behind(manager):
    ana = Listener("c1")
    manager.add(ana)
    manager.deliver(joined("c1", "ana"))
    manager.remove(ana)
    manager.deliver(left("c1", "ana"))
    assert not manager._subscribers
    assert not manager._members
