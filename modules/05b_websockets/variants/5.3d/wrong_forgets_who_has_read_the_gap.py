"""Tells everyone who is there after a gap, and goes on as if they did not know it."""

from rooms.frames import gap_frame
from rooms.manager import MemberRow


class ConnectionManager:
    def catch_up(self, members: list[MemberRow]) -> None:
        self._members.clear()
        for client_id, room, name in members:
            self._members[room][client_id] = name
        for subscriber in self.subscribers():
            subscriber.offer(gap_frame(subscriber.room, self.names(subscriber.room)))
