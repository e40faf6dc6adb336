"""Clients that ask the same thing again and again, in a process of their own: wrk, or this module where wrk is not.

python -m bench.load PORT CONNECTIONS SECONDS FILE    ask what the file holds; prints what wrk's script prints
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# What wrk asks, and what it prints at the end: answers, microseconds, the median and p99 of them, and failures.
SCRIPT = """
local file = io.open("{file}", "rb")
local wanted = file:read("*a")
request = function() return wanted end
done = function(summary, latency)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  print(string.format("%d %d %d %d %d", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), failed))
end
"""


def load(port: int, wanted: bytes, *, connections: int, seconds: int) -> list[int]:
    """Ask for so many seconds on so many connections at once, and return the numbers that SCRIPT names."""
    with tempfile.TemporaryDirectory() as folder:
        file, script = Path(folder, "request"), Path(folder, "wrk.lua")
        file.write_bytes(wanted)
        script.write_text(SCRIPT.replace("{file}", file.as_posix()), encoding="utf-8")
        address = f"http://127.0.0.1:{port}"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), address]
        if shutil.which("wrk") is None:
            command = [sys.executable, "-m", "bench.load", str(port), str(connections), str(seconds), str(file)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [int(number) for number in output.splitlines()[-1].split()]


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wanted: bytes) -> tuple[bool, bytes]:
    """Ask once. Returns whether it was a success, and the answer's body."""
    writer.write(wanted)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
    return head.split()[1].startswith(b"2"), await reader.readexactly(length)


async def ask_for(port: int, connections: int, seconds: int, wanted: bytes) -> None:
    """Do what wrk does, a few times slower."""
    times, failed, begun = list[float](), 0, time.perf_counter()

    async def ask() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (asked := time.perf_counter()) < begun + seconds:
            succeeded, _ = await exchange(reader, writer, wanted)
            times.append(1e6 * (time.perf_counter() - asked))
            failed += not succeeded
        writer.close()

    await asyncio.gather(*(ask() for _ in range(connections)))
    took, p50, p99 = (
        time.perf_counter() - begun,
        *(sorted(times)[int(share * (len(times) - 1))] for share in (0.5, 0.99)),
    )
    sys.stdout.write(f"{len(times)} {1e6 * took:.0f} {p50:.0f} {p99:.0f} {failed}\n")


if __name__ == "__main__":
    port, connections, seconds, file = sys.argv[1:]
    asyncio.run(ask_for(int(port), int(connections), int(seconds), Path(file).read_bytes()))
