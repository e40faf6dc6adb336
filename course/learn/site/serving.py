"""`course learn`: the site on this machine, until Ctrl-C."""

import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import typer

from course.learn.site.address import noted, running
from course.learn.site.building import build
from course.machine import ports


class Handler(SimpleHTTPRequestHandler):
    """Sends the site's files, and says nothing of it."""

    # What Windows' registry says of .js may be anything, and a browser runs nothing else.
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript"}  # noqa: RUF012

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def learn(wanted_port: int, *, browser: bool) -> None:
    """Build the site and serve it until Ctrl-C; if it is served already, show that one."""
    if address := running():
        _tell(f"The lessons are at {address} already, served by another terminal.", address, browser)
        return
    site = build()
    with (
        ports.reserved(wanted_port) as port,
        ThreadingHTTPServer((ports.HOST, port), partial(Handler, directory=str(site))) as server,
        noted(f"http://{ports.HOST}:{port}/") as address,
    ):
        _tell(f"The lessons are at {address}\nCtrl-C ends it.", address, browser)
        server.serve_forever()


def _tell(text: str, address: str, browser: bool) -> None:
    typer.echo(text)
    if browser:
        webbrowser.open(address)
