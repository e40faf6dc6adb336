"""The process that plays the host for a notebook: the capstone behind the rehearsal's proxy, deployed again and again.

Each order is a deployment, and the first one's answer says where the blog is served.

Unlike `course rehearse` it installs nothing: the versions run in the course's own environment. So it takes seconds, and
no network.
"""

import asyncio
import secrets
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from course.deploy.rehearsal import versions
from course.deploy.rehearsal.faults import FAULTS
from course.deploy.rehearsal.host import Attempt, DeployFailed, Host, hurried
from course.deploy.rehearsal.plan import Plan
from course.deploy.rehearsal.proxy import HOST, Proxy
from course.deploy.rehearsal.repository import Repository
from course.deploy.rehearsal.show import Show
from course.deploy.rehearsal.versions import Version
from course.errors import CourseError
from course.machine import ladder, supervisor
from course.paths import ROOT

OVERLAP_SECONDS = 1.5  # on the host it is what deployment.toml says; a class should not have to wait for it
BROKEN_HEALTH_SECONDS = 3.0
LOG_LINES = 3


@dataclass(frozen=True)
class Order:
    """One deployment: which version, with which variables beside those of before, and what is broken in it."""

    version: str = "HEAD"
    variables: dict[str, str] = field(default_factory=dict)
    broken: str = ""


class Blog:
    """The capstone on its host: the version before first, then whatever is ordered."""

    def __init__(self, host: Host, show: Show, folder: Path, database_url: str) -> None:
        self._host = host
        self._show = show
        self._folder = folder
        self._variables = {
            "DATABASE_URL": database_url,
            "JWT_SECRET": secrets.token_hex(32),
            "TRUSTED_PROXIES": f"{HOST}/32",
        }

    async def deploy(self, order: Order) -> dict[str, Any]:
        """Deploy, and return how it went. The variables stay for the deployments after it, unless it is refused."""
        self._show.phases.clear()
        version = await asyncio.to_thread(self._version, order.version)
        plan = Plan.read(version.tree)
        plan = replace(plan, overlap_seconds=min(plan.overlap_seconds, OVERLAP_SECONDS))
        # An empty value takes a variable away, as it is done on the host's page.
        variables = {name: value for name, value in (self._variables | order.variables).items() if value}
        attempt = Attempt(version, plan, variables)
        if order.broken:
            fault = next((each for each in FAULTS if each.name == order.broken), None)
            if fault is None:
                known = ", ".join(each.name for each in FAULTS)
                raise CourseError(f"There is no failure {order.broken!r}; there is {known}.")
            attempt = fault.change(hurried(attempt, BROKEN_HEALTH_SECONDS))
        why, output = "", []
        try:
            await self._host.deploy(attempt)
            self._variables = variables
        except DeployFailed as failed:
            why, output = failed.why, failed.output[-LOG_LINES:]
        told = ("name", "began", "seconds", "ok", "note")
        phases = [{name: getattr(each, name) for name in told} for each in self._show.phases]
        return {"accepted": not why, "why": why, "output": output, "phases": phases}

    def _version(self, name: str) -> Version:
        """A checkout of HEAD; for "before", as it was before its newest migration."""
        tree = self._folder / "trees" / f"{name}-{secrets.token_hex(3)}"
        repository = Repository(ROOT)
        commit = repository.commit_id("HEAD")
        repository.check_out(commit, tree)
        if name == "before":
            versions.newest_migration(tree / Plan.read(tree).app_folder)[0].unlink()
        called = "the version before" if name == "before" else name
        return Version(called, commit, tree, Path(sys.executable).parent, cached=True)


async def play(folder: Path, database_url: str) -> None:
    """Deploy what the notebook orders, until it lets go: the version before, and what follows it."""
    show = Show(quiet=True)  # standard output is for the answers
    async with Proxy() as proxy, Host(proxy, show, folder / "logs") as host:
        blog = Blog(host, show, folder, database_url)
        async for order in _orders():
            try:
                outcome = await blog.deploy(order)
                if order.version == "before" and not outcome["accepted"]:
                    raise CourseError(
                        "\n".join(["The version before could not be deployed; it said:", *outcome["output"]])
                    )
                # In the folder of logs each program that the host has started has one.
                where = {"url": proxy.url, "database_url": database_url, "logs": str(folder / "logs")}
                supervisor.tell(done=outcome | where)
            except CourseError as error:
                supervisor.tell(error=str(error))


async def _orders() -> AsyncIterator[Order]:
    """What is ordered, until the other end lets go. A thread that nobody waits for reads it."""
    loop, orders = asyncio.get_running_loop(), asyncio.Queue[Order | None]()

    def read() -> None:
        for order in supervisor.orders():
            loop.call_soon_threadsafe(orders.put_nowait, Order(**order))
        loop.call_soon_threadsafe(orders.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    while order := await orders.get():
        yield order


def main() -> None:
    """`python -m course.deploy.host_supervisor`."""
    with (
        supervisor.supervising(),
        ladder.fresh_database(say=supervisor.say) as database_url,
        tempfile.TemporaryDirectory(prefix="course-host-", ignore_cleanup_errors=True) as folder,
    ):
        asyncio.run(play(Path(folder).resolve(), database_url))


if __name__ == "__main__":
    main()
