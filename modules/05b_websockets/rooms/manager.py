"""The connection manager: which clients this process has, and who is in their rooms on all the others."""

from collections import defaultdict

from rooms.client import Client
from rooms.frames import Event, gap_frame

MemberRow = tuple[str, str, str]  # client id, room, name


class ConnectionManager:
    """The clients of this process, room by room.

    It knows nothing of databases: events come in by `deliver`, from wherever, each once and in their order.
    """

    def __init__(self) -> None:
        self._clients: dict[str, dict[str, Client]] = defaultdict(dict)  # room -> client id -> client
        self._members: dict[str, dict[str, str]] = defaultdict(dict)  # room -> client id -> name, on every process

    def add(self, client: Client) -> None:
        self._clients[client.room][client.id] = client

    def remove(self, client: Client) -> None:
        clients = self._clients[client.room]
        clients.pop(client.id, None)
        if not clients:
            del self._clients[client.room]

    def clients(self) -> list[Client]:
        """The clients of this process, in all its rooms."""
        return [client for clients in self._clients.values() for client in clients.values()]

    def names(self, room: str) -> list[str]:
        """Who is in a room, on every process. Somebody with two windows is there twice."""
        return sorted(self._members.get(room, {}).values())

    def deliver(self, event: Event) -> None:
        """Hand an event to everyone in its room. Never waits, so one client can't hold up another."""
        if not self._is_news(event):
            return
        frame = event.frame()
        for client in self._clients.get(event.room, {}).values():
            if event.type == "joined" and event.client_id == client.id:
                client.offer(event.frame(members=self.names(event.room)))
                client.knows_members = True
            elif event.type == "message" or client.knows_members:
                client.offer(frame)

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
        for client in self.clients():
            client.offer(gap_frame(client.room, self.names(client.room)))
            client.knows_members = True
