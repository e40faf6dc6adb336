"""Who comes and goes is told before the client knows who is there: somebody leaves who never came."""

from rooms.frames import Event, gap_frame
from rooms.manager import MemberRow


class ConnectionManager:
    def deliver(self, event: Event) -> None:
        if not self._is_news(event):
            return
        for subscriber in self._subscribers.get(event.room, {}).values():
            own = event.type == "joined" and event.client_id == subscriber.id
            subscriber.offer(event.frame(self.names(event.room) if own else None))

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
