"""A WebSocket client that costs next to nothing, so that the probe measures the server."""

import asyncio
import base64
import os
import struct
from collections.abc import Callable

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A  # with the bit for "not continued"


class Wire(asyncio.Protocol):
    """One client without compression, on 127.0.0.1. It takes no frame that is continued in another."""

    def __init__(self, port: int, path: str, on_text: Callable[[bytes], None]) -> None:
        self._port = port
        self._path = path
        self._on_text = on_text
        self._received = bytearray()
        self.answers_pings = True
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {self._path} HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        )
        transport.write("\r\n".join((*lines, "", "")).encode())

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self.opened.done():
            head, end, rest = bytes(self._received).partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._received = bytearray(rest)
            self.opened.set_result(None)
        while frame := self._next_frame():
            opcode, payload = frame
            if opcode == TEXT:
                self._on_text(payload)
            elif opcode == PING and self.answers_pings:
                self._send(PONG, payload)
            elif opcode == CLOSE:
                self.transport.close()

    def _next_frame(self) -> tuple[int, bytes] | None:
        received = self._received
        if len(received) < 2:
            return None
        size, start = received[1], 2
        if size == 126:
            size, start = int.from_bytes(received[2:4]), 4
        elif size == 127:
            size, start = int.from_bytes(received[2:10]), 10
        if len(received) < max(start, start + size):
            return None
        payload = bytes(received[start : start + size])
        opcode = received[0]
        del received[: start + size]
        return opcode, payload

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def send(self, text: str) -> None:
        """Send a text of less than 64 KiB."""
        self._send(TEXT, text.encode())

    def _send(self, opcode: int, payload: bytes) -> None:
        size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack("!H", len(payload))
        self.transport.write(bytes([opcode]) + size + bytes(4) + payload)  # the four zeros: a client's mask


async def open_wire(port: int, path: str, on_text: Callable[[bytes], None]) -> Wire:
    """Connect, and wait until the server has accepted."""
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(lambda: Wire(port, path, on_text), "127.0.0.1", port)
    await wire.opened
    return wire
