"""The connection manager: which clients this process has, and who is in their rooms on all the others."""

from collections import defaultdict

from rooms.frames import Event, gap_frame
from rooms.subscriber import Subscriber

MemberRow = tuple[str, str, str]  # client id, room, name


class ConnectionManager:
    """The clients of this process, room by room.

    It knows nothing of databases: events come in by `deliver`, from wherever, each once and in their order.
    """

    def __init__(self) -> None:
        self._subscribers: dict[str, dict[str, Subscriber]] = defaultdict(dict)  # room -> client id
        self._members: dict[str, dict[str, str]] = defaultdict(dict)  # room -> client id -> name, on every process

    def add(self, subscriber: Subscriber) -> None:
        self._subscribers[subscriber.room][subscriber.id] = subscriber

    def remove(self, subscriber: Subscriber) -> None:
        subscribers = self._subscribers[subscriber.room]
        subscribers.pop(subscriber.id, None)
        if not subscribers:
            del self._subscribers[subscriber.room]

    def subscribers(self) -> list[Subscriber]:
        """The clients of this process, in all its rooms."""
        return [subscriber for subscribers in self._subscribers.values() for subscriber in subscribers.values()]

    def names(self, room: str) -> list[str]:
        """Who is in a room, on every process. Somebody with two windows is there twice."""
        return sorted(self._members.get(room, {}).values())

    def deliver(self, event: Event) -> None:
        """Hand an event to everyone in its room. Never waits, so one client can't hold up another."""
        for subscriber in self._subscribers.get(event.room, {}).values():
            subscriber.offer(event.frame())

    def _is_news(self, event: Event) -> bool:
        """Keep the list of members, and say whether the event changes anything: one who is there can't join again."""
        return True

    def catch_up(self, members: list[MemberRow]) -> None:
        """Start again from this list of members, and say to everyone that something may be missing."""
