"""Hands a thousand out in one go: no client's sender runs in between, and every queue is full."""

import asyncio


class Broadcaster:
    async def _hand_out(self, backlog: asyncio.Queue[str | None]) -> None:
        while (payload := await backlog.get()) is not None:
            self._receiver.receive(payload)
