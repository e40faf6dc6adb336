"""TLS in front of a server that has none, as a host's edge has it."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme


@contextmanager
def in_front_of(port: int, folder: Path) -> Iterator[tuple[str, Path]]:
    """An https address of the server on this port, and the file of the authority that has signed for it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    loop = asyncio.new_event_loop()
    listening: list[int] = []
    ready = threading.Event()

    async def serve() -> None:
        stop = asyncio.Event()
        in_front_of_stop.append(lambda: loop.call_soon_threadsafe(stop.set))
        server = await asyncio.start_server(lambda r, w: _pass_on(r, w, port), "127.0.0.1", 0, ssl=context)
        listening.append(server.sockets[0].getsockname()[1])
        ready.set()
        await stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    in_front_of_stop: list[object] = []
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield f"https://localhost:{listening[0]}", folder / "authority.pem"
    finally:
        in_front_of_stop[0]()  # type: ignore[operator]
        thread.join()
        loop.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Carry bytes both ways until one side ends."""
    upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
    ways = [asyncio.create_task(_pipe(*way)) for way in ((reader, upstream_writer), (upstream_reader, writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for each in (upstream_writer, writer):
            each.close()


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while piece := await source.read(65536):
        sink.write(piece)
        await sink.drain()
