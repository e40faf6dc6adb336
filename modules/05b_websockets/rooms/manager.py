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
        if not self._is_news(event):
            return
        frame = event.frame()
        for subscriber in self._subscribers.get(event.room, {}).values():
            if event.type == "joined" and event.client_id == subscriber.id:
                subscriber.offer(event.frame(members=self.names(event.room)))
                subscriber.knows_members = True
            elif event.type == "message" or subscriber.knows_members:
                subscriber.offer(frame)

    def _is_news(self, event: Event) -> bool:
        """Keep the list of members, and say whether the event changes anything: one who is there can't join again."""
        if event.type == "message":
            return True
        members = self._members[event.room]
        changes = (event.client_id in members) == (event.type == "left")
        if event.type == "joined":
            members[event.client_id] = event.name
        else:
            members.pop(event.client_id, None)
        if not members:
            del self._members[event.room]
        return changes

    def catch_up(self, members: list[MemberRow]) -> None:
        """Start again from this list of members, and say to everyone that something may be missing."""
        self._members.clear()
        for client_id, room, name in members:
            self._members[room][client_id] = name
        for subscriber in self.subscribers():
            subscriber.offer(gap_frame(subscriber.room, self.names(subscriber.room)))
            subscriber.knows_members = True
