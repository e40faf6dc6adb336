"""The host: it starts a version beside the one that serves, and switches only when the new one is healthy."""

import asyncio
import contextlib
import secrets
import socket
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

from course.deploy.rehearsal import programs, wire
from course.deploy.rehearsal.plan import Plan
from course.deploy.rehearsal.proxy import Proxy
from course.deploy.rehearsal.show import Show
from course.deploy.rehearsal.versions import Version
from course.errors import CourseError
from course.machine import ports, processes
from course.machine.readiness import Patience, processor_seconds

HEALTH_HOST = "healthcheck.railway.app"
HEALTH_POLL_SECONDS = 0.25
HEALTH_ANSWER_SECONDS = 5
LOG_LINES = 4


class DeployFailed(CourseError):  # noqa: N818
    """The version is refused: where, why, and the lines of its log. The one before it goes on serving."""

    def __init__(self, where: str, why: str, log: Path) -> None:
        self.where = where
        self.why = why
        self.output = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        super().__init__("\n".join([f"{where}: {why}.", *self.output[-LOG_LINES:]]))


@dataclass(frozen=True)
class Replica:
    """One process of a version."""

    port: int
    child: "subprocess.Popen[bytes]"
    log: Path


@dataclass
class Running:
    """A version that was started."""

    version: Version
    replicas: list[Replica] = field(default_factory=list)

    @property
    def is_up(self) -> bool:
        return all(each.child.poll() is None for each in self.replicas)


@dataclass(frozen=True)
class Attempt:
    """All that one deployment is made of."""

    version: Version
    plan: Plan
    variables: dict[str, str]
    replicas: int = 1
    own: dict[int, dict[str, str]] = field(default_factory=dict)  # by the replica's number, variables of its alone
    deployment: str = field(default_factory=lambda: f"rehearsal-{secrets.token_hex(4)}")
    hurried: bool = False  # the health check's seconds are fewer than on the host

    @property
    def app(self) -> Path:
        """The folder of the app's code and migrations."""
        return self.version.tree / self.plan.app_folder

    def environment(self, **more: str) -> dict[str, str]:
        """What the version's programs find in their environment."""
        own = {
            "RAILWAY_ENVIRONMENT_NAME": "rehearsal",
            "RAILWAY_DEPLOYMENT_ID": self.deployment,
            "RAILWAY_REPLICA_ID": secrets.token_hex(4),
            "RAILWAY_GIT_COMMIT_SHA": self.version.commit,
        }
        return programs.environment(self.version.programs, {**own, **self.variables, **more})


class Host:
    """Deploys one version after the other behind one proxy. Use it with `async with`: what still runs is ended."""

    def __init__(self, proxy: Proxy, show: Show, logs: Path) -> None:
        self.active: Running | None = None
        self._proxy = proxy
        self._show = show
        self._logs = logs
        self._running: list[Running] = []

    async def __aenter__(self) -> "Host":
        return self

    async def __aexit__(self, *_: object) -> None:
        for each in self._running:
            for replica in each.replicas:
                processes.end(replica.child, grace=0)

    async def deploy(self, attempt: Attempt) -> None:
        """Put a version in the place of the one that serves. Raises DeployFailed, and then that one still serves."""
        await self._prepare(attempt)
        running = await self._start(attempt)
        before, self.active = self.active, running
        with self._show.phase("Switch") as phase:
            self._proxy.switch(*(each.port for each in running.replicas))
            phase.note = "new requests go to the new version"
            if before:
                phase.note += f"; both run for {attempt.plan.overlap_seconds:g} s (overlap)"
                await asyncio.sleep(attempt.plan.overlap_seconds)
        if before:
            await self._drain(before, attempt.plan)

    async def _prepare(self, attempt: Attempt) -> None:
        """Run the pre-deploy command."""
        if not attempt.plan.pre_deploy:
            return
        with self._show.phase("Pre-deploy") as phase:
            phase.note = attempt.plan.pre_deploy
            log = self._log("pre-deploy")
            env = attempt.environment()
            command, folder = programs.through_shell(attempt.plan.pre_deploy, attempt.version.tree, env)
            if status := await programs.run_logged(command, folder=folder, env=env, log=log):
                raise DeployFailed("Pre-deploy", f"the pre-deploy command ended with status {status}", log)

    async def _start(self, attempt: Attempt) -> Running:
        """Start the server, as often as there are replicas, and wait until the health check passes for each."""
        plan, running = attempt.plan, Running(attempt.version)
        self._running.append(running)
        with self._show.phase("Health check") as phase:
            for number in range(attempt.replicas):
                replica = self._start_replica(attempt, **attempt.own.get(number, {}))
                running.replicas.append(replica)
            ports_ = ", ".join(str(each.port) for each in running.replicas)
            phase.note = f"GET {plan.health_path} on port {ports_}, Host: {HEALTH_HOST}"
            for replica in running.replicas:
                if why := await self._unhealthy(replica, attempt):
                    failed = DeployFailed("Health check", why, replica.log)  # before the log tells of its end
                    await self._end(running, plan)
                    raise failed
            phase.note += f": passed{await self._families(running, plan.health_path)}"
        return running

    def _start_replica(self, attempt: Attempt, **own: str) -> Replica:
        port, log = ports.any_free(), self._log("server")
        env = attempt.environment(PORT=str(port), **own)
        command, folder = programs.through_shell(attempt.plan.start, attempt.version.tree, env)
        with log.open("wb") as output:
            return Replica(port, processes.start(command, cwd=folder, env=env, output=output), log)

    async def _unhealthy(self, replica: Replica, attempt: Attempt) -> str:
        """Ask until the answer is 2xx; say what was wrong to the last, and nothing if all is well.

        Hurried seconds do not run while the server starts and works: that may take longer on a slow machine.
        """
        loop, plan = asyncio.get_running_loop(), attempt.plan
        patience = Patience(lambda: processor_seconds(replica.child.pid))
        starting = attempt.hurried
        deadline = loop.time() + plan.health_seconds
        why = ""
        while (starting and not patience.is_over(plan.health_seconds)) or loop.time() < deadline:
            if replica.child.poll() is not None:
                return f"the server ended with status {replica.child.returncode} before it was healthy"
            answer = await _ask(replica.port, plan.health_path)
            if answer is not None and 200 <= answer < 300:
                return ""
            what = f"answered {answer}" if answer else f"nobody listened on port {replica.port}, which is $PORT"
            why = f"after {plan.health_seconds:g} s the last word was: {what}"
            if starting and answer:
                starting, deadline = False, loop.time() + plan.health_seconds
            await asyncio.sleep(HEALTH_POLL_SECONDS)
        return why

    async def _families(self, running: Running, path: str) -> str:
        """On which kinds of address the version answers: a host's private network may have IPv6 alone."""
        if not has_ipv6():
            return " on IPv4 (this machine has no IPv6 to try)"
        if await _ask(running.replicas[0].port, path, "::1"):
            return " on IPv4 and IPv6"
        self._show.problem(f"{running.version.name} does not answer on IPv6; start the server with `--host ''`")
        return " on IPv4, and not on IPv6"

    async def _drain(self, old: Running, plan: Plan) -> None:
        """End a version that no longer gets requests."""
        with self._show.phase("Draining") as phase:
            killed = await self._end(old, plan)
            phase.note = f"SIGTERM to {old.version.name}, which ended in time"
            if killed:
                phase.note = f"{old.version.name} was still there {plan.draining_seconds:g} s after SIGTERM: SIGKILL"
                self._show.problem(f"{phase.note}; start the server by `exec`, and let it give its clients less time")

    async def _end(self, running: Running, plan: Plan) -> bool:
        """End all of a version, and say whether any of it had to be killed."""
        seconds = plan.draining_seconds
        killed = await asyncio.gather(*(programs.end(each.child, seconds=seconds) for each in running.replicas))
        self._running.remove(running)
        return any(killed)

    def _log(self, name: str) -> Path:
        self._logs.mkdir(exist_ok=True)
        return self._logs / f"{len(list(self._logs.iterdir())):02}-{name}.log"


async def _ask(port: int, path: str, host: str = "127.0.0.1") -> int | None:
    """The status of a health check's answer; None if there is none."""
    try:
        async with asyncio.timeout(HEALTH_ANSWER_SECONDS):
            with contextlib.closing(await wire.Connection.open(port, host)) as connection:
                response = await connection.exchange(wire.request("GET", path, host=HEALTH_HOST))
        return response.status
    except (OSError, wire.Gone, ValueError, IndexError):
        return None


def has_ipv6() -> bool:
    """Whether this machine can try it."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def hurried(attempt: Attempt, health_seconds: float) -> Attempt:
    """The same with a shorter time-out of the health check: who rehearses a failure need not wait for it so long."""
    seconds = min(health_seconds, attempt.plan.health_seconds)
    return replace(attempt, plan=replace(attempt.plan, health_seconds=seconds), hurried=True)
