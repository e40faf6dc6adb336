"""Keeps the ids of those who have read the list of names in a set of its own."""

from rooms.frames import Event, gap_frame
from rooms.manager import MemberRow


class ConnectionManager:
    def deliver(self, event: Event) -> None:
        informed: set[str] = self.__dict__.setdefault("_informed", set())
        if not self._is_news(event):
            return
        for client_id, subscriber in self._subscribers.get(event.room, {}).items():
            if event.type == "joined" and event.client_id == client_id:
                informed.add(client_id)
                subscriber.offer(event.frame(members=self.names(event.room)))
            elif event.type == "message" or client_id in informed:
                subscriber.offer(event.frame())
        if event.type == "left":
            informed.discard(event.client_id)

    def _is_news(self, event: Event) -> bool:
        if event.type == "message":
            return True
        members = self._members[event.room]
        before = len(members)
        if event.type == "joined":
            members[event.client_id] = event.name
        else:
            members.pop(event.client_id, None)
        after = len(members)
        if not members:
            del self._members[event.room]
        return before != after

    def catch_up(self, members: list[MemberRow]) -> None:
        self._members.clear()
        for client_id, room, name in members:
            self._members[room][client_id] = name
        for subscriber in self.subscribers():
            subscriber.offer(gap_frame(subscriber.room, self.names(subscriber.room)))
            self.__dict__.setdefault("_informed", set()).add(subscriber.id)
