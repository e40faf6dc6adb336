"""An arrival that is known already is told again: after each reconnection everybody arrives anew."""

from rooms.frames import Event, gap_frame
from rooms.manager import MemberRow


class ConnectionManager:
    def deliver(self, event: Event) -> None:
        self._is_news(event)
        for subscriber in self._subscribers.get(event.room, {}).values():
            if event.type == "joined" and event.client_id == subscriber.id:
                subscriber.offer(event.frame(self.names(event.room)))
                subscriber.knows_members = True
            elif event.type == "message" or subscriber.knows_members:
                subscriber.offer(event.frame())

    def _is_news(self, event: Event) -> bool:
        if event.type == "message":
            return True
        members = self._members[event.room]
        before = event.client_id in members
        if event.type == "joined":
            members[event.client_id] = event.name
        else:
            members.pop(event.client_id, None)
        if not members:
            del self._members[event.room]
        return before == (event.type == "left")

    def catch_up(self, members: list[MemberRow]) -> None:
        self._members.clear()
        for client_id, room, name in members:
            self._members[room][client_id] = name
        for subscriber in self.subscribers():
            subscriber.offer(gap_frame(subscriber.room, self.names(subscriber.room)))
            subscriber.knows_members = True
