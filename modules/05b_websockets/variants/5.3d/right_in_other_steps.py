"""Looks first whether the event is news, keeps the members after that, and goes by the kinds of events."""

from rooms.frames import Event, gap_frame
from rooms.manager import MemberRow


class ConnectionManager:
    def deliver(self, event: Event) -> None:
        if not self._is_news(event):
            return
        for client_id, subscriber in list(self._subscribers.get(event.room, {}).items()):
            own_arrival = event.type == "joined" and client_id == event.client_id
            if own_arrival:
                subscriber.knows_members = True
            if subscriber.knows_members or event.type == "message":
                subscriber.offer(event.frame(self.names(event.room) if own_arrival else None))

    def _is_news(self, event: Event) -> bool:
        there = event.client_id in self._members.get(event.room, {})
        match event.type:
            case "joined" if not there:
                self._members[event.room][event.client_id] = event.name
            case "left" if there:
                del self._members[event.room][event.client_id]
                if not self._members[event.room]:
                    del self._members[event.room]
            case "joined" | "left":
                return False
        return True

    def catch_up(self, members: list[MemberRow]) -> None:
        for room in {*self._members}:
            del self._members[room]
        for client_id, room, name in members:
            self._members[room] |= {client_id: name}
        for subscriber in self.subscribers():
            subscriber.knows_members = True
            subscriber.offer(gap_frame(members=self.names(subscriber.room), room=subscriber.room))
