"""One measurement: so many clients in one room, on so many workers."""

import asyncio
import contextlib
import json
import os
import re
import sys
import time
from array import array
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.wire import Wire, open_wire

STALLED_SECONDS = 10  # nothing arrived for so long: it never will
CONNECT_AT_ONCE = 50
READY, LISTENING = "Application startup complete", "Uvicorn running on"


@dataclass(frozen=True)
class Plan:
    """What to measure."""

    app: str
    workers: int
    clients: int
    senders: int
    messages: int  # of each sender, the next one when it has its last one back
    size: int  # characters of text
    not_reading: int = 0
    tells_arrivals: bool = True  # the naive rooms do not


@dataclass
class Result:
    """What was measured."""

    expected: int = 0
    delivered: int = 0
    misplaced: int = 0  # twice, or out of its sender's order
    joining_seconds: float = 0  # until everyone had read of everyone's arrival
    seconds: float = 0
    latencies_ms: "array[float]" = field(default_factory=lambda: array("d"))
    rss_mib: float = 0  # of all workers together, at most

    def latency(self, share: float) -> float:
        """The milliseconds within which this share of all deliveries came."""
        return sorted(self.latencies_ms)[int(share * (len(self.latencies_ms) - 1))] if self.latencies_ms else 0


class Hearer:
    """What one client heard: who said which number when."""

    def __init__(self, probe: "Probe") -> None:
        self.probe = probe
        self.last: dict[str, int] = {}
        self.count = 0
        self.own: asyncio.Queue[None] = asyncio.Queue()
        self.name = ""

    def __call__(self, frame: bytes) -> None:
        event = json.loads(frame)
        if event["type"] == "joined":
            self.probe.arrivals += 1
            self.probe.arrived.set()
        if event["type"] != "message":
            return
        sender, number, sent_ns, _ = event["text"].split(" ", 3)
        result = self.probe.result
        result.delivered += 1
        result.latencies_ms.append((time.perf_counter_ns() - int(sent_ns)) / 1e6)
        result.misplaced += self.last.get(sender, -1) + 1 != int(number)
        self.last[sender] = int(number)
        self.probe.arrived.set()
        if sender == self.name:
            self.own.put_nowait(None)


class Probe:
    """The clients of one measurement."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.result = Result(expected=plan.clients * plan.senders * plan.messages)
        self.arrivals = 0
        self.arrived = asyncio.Event()

    async def run(self, port: int, pids: list[int]) -> Result:
        """Connect everybody, let the senders talk, and wait for the last message."""
        plan, result = self.plan, self.result
        limit = asyncio.Semaphore(CONNECT_AT_ONCE)

        async def join(number: int) -> tuple[Wire, Hearer]:
            hearer = Hearer(self)
            hearer.name = f"c{number}"
            async with limit:
                return await open_wire(port, f"/ws/rooms/probe?name={hearer.name}", hearer), hearer

        stuck = [
            await open_wire(port, f"/ws/rooms/probe?name=stuck{n}", lambda _: None) for n in range(plan.not_reading)
        ]
        for wire in stuck:
            wire.transport.pause_reading()
        watching = asyncio.create_task(self._watch_memory(pids))
        started = time.perf_counter()
        clients = await asyncio.gather(*(join(number) for number in range(plan.clients)))
        if plan.tells_arrivals:  # each client reads of its own and of all later ones
            await self._until(lambda: self.arrivals >= plan.clients * (plan.clients + 1) // 2)
        result.joining_seconds = time.perf_counter() - started
        started = time.perf_counter()
        await self._talk(clients[: plan.senders])
        result.seconds = time.perf_counter() - started
        watching.cancel()
        for wire in (*stuck, *(wire for wire, _ in clients)):
            wire.transport.abort()
        return result

    async def _talk(self, senders: list[tuple[Wire, Hearer]]) -> None:
        async def talk(wire: Wire, hearer: Hearer) -> None:
            for number in range(self.plan.messages):
                text = f"{hearer.name} {number} {time.perf_counter_ns()} "
                wire.send(json.dumps({"text": text + "x" * (self.plan.size - len(text))}))
                await hearer.own.get()

        talking = [asyncio.create_task(talk(wire, hearer)) for wire, hearer in senders]
        await self._until(lambda: self.result.delivered >= self.result.expected)
        for task in talking:
            task.cancel()

    async def _until(self, done: Callable[[], bool]) -> None:
        """Wait until this is so, or nothing arrives any more."""
        with contextlib.suppress(TimeoutError):
            while not done():
                self.arrived.clear()
                async with asyncio.timeout(STALLED_SECONDS):
                    await self.arrived.wait()

    async def _watch_memory(self, pids: list[int]) -> None:
        while True:
            self.result.rss_mib = max(self.result.rss_mib, sum(rss_mib(pid) for pid in pids))
            await asyncio.sleep(0.1)


def rss_mib(pid: int) -> float:
    """The memory that a process has, in MiB; 0 where the system does not say it this way."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        if match := re.search(r"VmRSS:\s+(\d+) kB", status):
            return int(match.group(1)) / 1024
    return 0


@contextlib.asynccontextmanager
async def served(app: str, workers: int) -> AsyncIterator[tuple[int, list[int]]]:
    """A server, its port, and its workers' process ids."""
    command = [sys.executable, "-m", "uvicorn", app, "--port", "0", "--workers", str(workers), "--no-access-log"]
    server = await asyncio.create_subprocess_exec(
        *command, "--timeout-graceful-shutdown", "1", stderr=asyncio.subprocess.PIPE, env=os.environ
    )
    assert server.stderr
    said = ""
    while said.count(READY) < workers or LISTENING not in said:
        line = await server.stderr.readline()
        assert line, said
        said += line.decode()
    reading = asyncio.create_task(server.stderr.read())
    found = re.search(r"running on http://127\.0\.0\.1:(\d+)", said)
    assert found
    try:
        yield int(found.group(1)), [int(pid) for pid in re.findall(r"Started server process \[(\d+)\]", said)]
    finally:
        server.terminate()
        await server.wait()
        await reading
