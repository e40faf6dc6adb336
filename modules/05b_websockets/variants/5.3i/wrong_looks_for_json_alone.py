"""Leaves alone what is no JSON. JSON with other keys ends the listening."""

from rooms.frames import Event


class Rooms:
    def receive(self, payload: str) -> None:
        try:
            event = Event.from_payload(payload)
        except ValueError:
            return
        if event.type in ("message", "joined", "left"):
            self.manager.deliver(event)
