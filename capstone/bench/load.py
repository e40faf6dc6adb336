"""Clients that ask the same thing again and again: a process of their own, so that they take no time from the server.

python -m bench.load PORT CONNECTIONS SECONDS < REQUEST    prints a line of JSON, a `Result`
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass

HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Result:
    """What a round of load has measured. Times are in milliseconds."""

    per_second: float
    p50: float
    p99: float
    errors: int


class Client(asyncio.Protocol):
    """One connection, kept open: it sends its request again as soon as the answer is complete."""

    def __init__(self, request: bytes, times: list[float]) -> None:
        self.request = request
        self.times = times
        self.errors = 0
        self.ended = asyncio.get_running_loop().create_future()
        self.stopping = False
        self._buffer = b""
        self._begun = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self._begun = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(HEAD_END)
        if not found or len(body) < length_of(head):
            return
        self.times.append(time.perf_counter() - self._begun)
        self.errors += head.split(b" ", 2)[1][:1] != b"2"
        self._buffer = b""
        if self.stopping:
            self.transport.close()
        else:
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self.errors += not self.stopping
        self.ended.set_result(None)


def length_of(head: bytes) -> int:
    """The length of an answer's body, by its header."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def load(port: int, connections: int, seconds: float, request: bytes) -> Result:
    """Ask for so many seconds on so many connections at once."""
    loop, times = asyncio.get_running_loop(), list[float]()
    clients = [
        (await loop.create_connection(lambda: Client(request, times), "127.0.0.1", port))[1] for _ in range(connections)
    ]
    times.clear()
    begun = time.perf_counter()
    await asyncio.sleep(seconds)
    took, measured = time.perf_counter() - begun, sorted(times)
    for client in clients:
        client.stopping = True
    await asyncio.wait([client.ended for client in clients], timeout=10)

    def percentile(share: float) -> float:
        return measured[int(share * (len(measured) - 1))] * 1000 if measured else float("inf")

    errors = sum(client.errors for client in clients)
    return Result(len(measured) / took, percentile(0.5), percentile(0.99), errors)


if __name__ == "__main__":
    port, connections, seconds = sys.argv[1:]
    result = asyncio.run(load(int(port), int(connections), float(seconds), sys.stdin.buffer.read()))
    sys.stdout.write(json.dumps(asdict(result)) + "\n")
