"""Copies the members, changes them, and compares; one frame for all, and one for who arrives."""

from rooms.frames import Event, gap_frame
from rooms.manager import MemberRow


class ConnectionManager:
    def deliver(self, event: Event) -> None:
        if not self._is_news(event):
            return
        for subscriber in self._subscribers.get(event.room, {}).values():
            if event.type == "message":
                subscriber.offer(event.frame())
            elif event.type == "joined" and subscriber.id == event.client_id:
                subscriber.knows_members = True
                subscriber.offer(event.frame(members=self.names(event.room)))
            elif subscriber.knows_members:
                subscriber.offer(event.frame())

    def _is_news(self, event: Event) -> bool:
        if event.type == "message":
            return True
        before = self._members.pop(event.room, {})
        after = {client_id: name for client_id, name in before.items() if client_id != event.client_id}
        if event.type == "joined":
            after[event.client_id] = event.name
        if after:
            self._members[event.room] = after
        return before.keys() != after.keys()

    def catch_up(self, members: list[MemberRow]) -> None:
        self._members.clear()
        for client_id, room, name in members:
            self._members[room][client_id] = name
        for subscriber in self.subscribers():
            subscriber.offer(gap_frame(subscriber.room, self.names(subscriber.room)))
            subscriber.knows_members = True
