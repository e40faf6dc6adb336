"""Hands on whatever has the keys of an event: a client reads a type that no document of ours has."""

from rooms.frames import Event


class Rooms:
    def receive(self, payload: str) -> None:
        try:
            event = Event.from_payload(payload)
        except (ValueError, TypeError):
            return
        self.manager.deliver(event)
