"""`course rehearse`: the version before, the new one in its place under load, and back again."""

import asyncio
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx

from course.deploy.rehearsal import versions
from course.deploy.rehearsal.drill import lose_and_restore
from course.deploy.rehearsal.faults import FAULTS, Fault
from course.deploy.rehearsal.host import LOG_LINES, Attempt, DeployFailed, Host, hurried
from course.deploy.rehearsal.load import BUSY, PUBLICS, QUIET, TROUBLE, Public, busy
from course.deploy.rehearsal.plan import Plan
from course.deploy.rehearsal.programs import DIFFERENCE
from course.deploy.rehearsal.proxy import HOST, Proxy
from course.deploy.rehearsal.repository import Repository
from course.deploy.rehearsal.show import Show
from course.deploy.rehearsal.unnoticed import UNNOTICED, Scene, Unnoticed
from course.deploy.rehearsal.versions import Version
from course.errors import CourseError, NotThereError, UsageError
from course.machine import ladder

PROMISED_PER_SECOND = 200
BROKEN_HEALTH_SECONDS = 8
COUNT_SECONDS = 0.5
NAMED = 12
HOSTS_PYTHON = "3.13"


def rehearse(
    folder: Path | None,
    broken: Sequence[str],
    *,
    before: str | None,
    keep: bool,
    variables: Sequence[str],
    replicas: int = 1,
    drill: bool = False,
) -> int:
    """Play a deployment of a repository, the failures that are named, or a restore. 0 only if all went well.

    Raises UsageError for a failure that is not known, CourseError for what cannot be rehearsed.
    """
    if wrong := [each for each in variables if not each.partition("=")[1]]:
        raise UsageError(f"A variable is given as NAME=VALUE, and this is {wrong[0]!r}.")
    own = dict(each.split("=", 1) for each in variables)
    faults = [_fault(name) for name in dict.fromkeys(broken)]
    if drill and (faults or before or keep or "DATABASE_URL" in own):
        raise UsageError("A drill is of HEAD alone, on a database of its own: leave the other options out.")
    repository = Repository.find(folder)
    with (
        ladder.server(container=False) as found,
        ladder.fresh_database(found) as database_url,
        tempfile.TemporaryDirectory(prefix="course-rehearsal-", ignore_cleanup_errors=True) as scratch,
    ):
        of_service = {"DATABASE_URL": database_url, **own}
        rehearsal = Rehearsal(repository, Path(scratch).resolve(), of_service, replicas=replicas)
        return asyncio.run(rehearsal.drill() if drill else rehearsal.play(faults, before=before, keep=keep))


def _fault(name: str) -> Fault | Unnoticed:
    every: tuple[Fault | Unnoticed, ...] = (*FAULTS, *UNNOTICED)
    for fault in every:
        if fault.name == name:
            return fault
    raise UsageError(f"There is no failure {name!r}; there is {', '.join(fault.name for fault in every)}.")


class Rehearsal:
    """One rehearsal, from the first checkout to the table."""

    def __init__(self, repository: Repository, folder: Path, variables: dict[str, str], *, replicas: int = 1) -> None:
        self._repository = repository
        self._folder = folder
        self._replicas = replicas
        self._show = Show()
        self._visitors: Public | None = None  # as soon as there is something to visit
        self._foreseen: Counter[str] = Counter()  # the public's troubles that were made on purpose
        self._variables = {
            "JWT_SECRET": secrets.token_hex(32),
            "TRUSTED_PROXIES": f"{HOST}/32",  # on the host it is the network of the host's own proxy
            **variables,
        }

    async def play(self, faults: Sequence[Fault | Unnoticed], *, before: str | None, keep: bool) -> int:
        """Play it all, show the table whatever comes, and return the exit code. Raises CourseError before it begins."""
        show = self._show
        if count := self._repository.uncommitted():
            show.say(f"Files that differ from HEAD: {count}. They are not part of this: a host deploys commits.")
        if DIFFERENCE:
            show.say(f"{DIFFERENCE}.")
        async with Proxy() as proxy, Host(proxy, show, self._folder / "logs") as host:
            plan = Plan.read(await self._tree_of_head())
            try:
                await self._acts(host, proxy, plan, faults, before)
            except CourseError as error:
                self._stopped_by(error)
            self._sum_up()
            code = self._verdict(faults)
            if keep and host.active:
                if not faults and not show.problems:
                    show.act("HEAD again, to be looked at")
                    await host.deploy(self._attempt(self._new, replace(plan, overlap_seconds=0)))
                show.say(f"\nServed at {proxy.url} until Ctrl-C.")
                sys.stdout.flush()
                await asyncio.Event().wait()
            return code

    def _attempt(self, version: Version, plan: Plan) -> Attempt:
        return Attempt(version, plan, self._variables, self._replicas)

    async def _acts(
        self, host: Host, proxy: Proxy, plan: Plan, faults: Sequence[Fault | Unnoticed], before: str | None
    ) -> None:
        """The version before, the public, what is rehearsed, and the accounts. Raises CourseError if it can't go on."""
        show = self._show
        show.act("The version before")
        old = self._attempt(await self._version_before(before, plan), plan)
        try:
            await host.deploy(old)
        except DeployFailed as failed:
            show.quote(failed.output[-LOG_LINES:])
            raise CourseError(f"The version before could not be deployed: {failed.why}.") from failed
        async with self._public(proxy, QUIET if faults else busy(), plan) as public:
            for fault in faults:
                if isinstance(fault, Fault):
                    await self._refused(host, fault, plan)
                else:
                    await self._met(host, proxy, public, fault, old)
            if not faults:
                await self._accepted(host, public, plan, old)
        await self._settle_accounts(public)

    async def drill(self) -> int:
        """Lose the database under HEAD and restore it, and return the exit code."""
        show = self._show
        async with Proxy() as proxy, Host(proxy, show, self._folder / "logs") as host:
            show.act("HEAD")
            head = await self._made("HEAD", self._repository.commit_id("HEAD"))
            plan = Plan.read(head.tree)
            try:
                await host.deploy(self._attempt(head, plan))
                async with self._public(proxy, busy(), plan) as public:
                    await lose_and_restore(show, public, self._variables["DATABASE_URL"], self._folder)
            except CourseError as error:
                self._stopped_by(error)
            self._sum_up()
            for problem in show.problems:
                show.say(f"Not as it should be: {problem}.")
            if show.problems:
                return 1
            show.say("Whatever was written since the dump is gone: how much that may be says how often to dump.")
            return 0

    @asynccontextmanager
    async def _public(self, proxy: Proxy, requests_per_second: int, plan: Plan) -> AsyncIterator[Public]:
        """The public, at work for the length of the block."""
        public = self._visitors = PUBLICS[plan.public](proxy.port, requests_per_second=requests_per_second)
        await public.settle()
        public.start()
        self._show.counts = public.counts
        counting = asyncio.create_task(self._keep_counting())
        try:
            await self._watchers_are_there(public)
            yield public
        finally:
            counting.cancel()
            await public.stop()

    async def _version_before(self, named: str | None, plan: Plan) -> Version:
        """The commit that is named, the newest one without HEAD's newest migration, or HEAD without that migration."""
        repository = self._repository
        commit = repository.commit_id(named) if named else repository.commit_before_newest_migration()
        version = await self._made("the version before", commit or repository.commit_id("HEAD"))
        if commit is None:
            path, revision = versions.newest_migration(version.tree / plan.app_folder)
            path.unlink()
            self._show.say(f"  HEAD's own code, on a database that does not have migration {revision} yet")
        return version

    async def _made(self, name: str, commit: str) -> Version:
        """Check out and build a version."""
        show = self._show
        with show.phase("Build") as phase:
            version = await versions.prepare(
                self._repository, name, commit, self._folder, lambda line: show.tick(f"Build: {line}")
            )
            mine = f"{sys.version_info.major}.{sys.version_info.minor}"
            other = (
                "" if mine == HOSTS_PYTHON else f" (the host's is {HOSTS_PYTHON}, unless .python-version says which)"
            )
            phase.note = f"commit {commit}; pip install -r requirements.txt, Python {mine}{other}"
            if version.cached:
                phase.note = f"commit {commit}; the same requirements, so the layer of before is taken"
        return version

    async def _tree_of_head(self) -> Path:
        """A clean checkout of HEAD, to read what the host is told."""
        tree = self._folder / "head"
        await asyncio.to_thread(self._repository.check_out, self._repository.commit_id("HEAD"), tree)
        return tree

    async def _keep_counting(self) -> None:
        """Show the public's numbers as they grow."""
        while True:
            self._show.tick()
            await asyncio.sleep(COUNT_SECONDS)

    async def _watchers_are_there(self, public: Public) -> None:
        with self._show.phase("The public") as phase:
            phase.note = (
                f"{public.requests_per_second} requests a second in a closed loop, {public.watchers} WebSockets"
            )
            if deaf := await public.deaf_watchers():
                self._show.problem(
                    f"{deaf} of {public.watchers} WebSockets were not told of a comment before the deployment"
                )

    async def _accepted(self, host: Host, public: Public, plan: Plan, old: Attempt) -> None:
        """HEAD takes the place of the version before, and gives it back."""
        show = self._show
        show.act("HEAD takes its place")
        self._new = await self._made("HEAD", self._repository.commit_id("HEAD"))
        await self._deployed(host, public, self._attempt(self._new, plan))
        # The host restores the image and the variables of before; migrations are not taken back. Its docs do not say
        # whether the pre-deploy command runs again. Here it does, because that has to go well too.
        show.act("Rolled back: the old code on the new schema")
        await self._deployed(host, public, old)

    async def _deployed(self, host: Host, public: Public, attempt: Attempt) -> None:
        try:
            await host.deploy(attempt)
        except DeployFailed as failed:
            self._show.quote(failed.output[-LOG_LINES:])
            self._show.problem(f"{attempt.version.name} was refused: {failed.why}")
            return
        with suppress(*TROUBLE):  # which the visitors meet as well, and count
            await public.look_around()
        await self._show.watchers_are_told(public, after=f"{attempt.version.name} was deployed")

    async def _refused(self, host: Host, fault: Fault, plan: Plan) -> None:
        """A broken version is deployed, refused, and the one before it serves on."""
        show = self._show
        show.act(f"Broken on purpose, {fault.name}", fault.wrong)
        version = await self._made(f"HEAD with a broken {fault.name}", self._repository.commit_id("HEAD"))
        attempt = fault.change(hurried(self._attempt(version, plan), BROKEN_HEALTH_SECONDS))
        try:
            await host.deploy(attempt)
        except DeployFailed as failed:
            waited = f" (on the host: {plan.health_seconds:g} s)" if failed.where == "Health check" else ""
            show.say(f"  Refused: {failed.why}{waited}.")
            show.quote(failed.output[-LOG_LINES:])
            show.say(f"  The dashboard would say: {fault.dashboard}")
            show.say(f"  To do: {fault.fix}.")
            show.lesson(fault.section)
            served = host.active is not None and host.active.is_up
            show.say("  The version before still serves." if served else "  And nothing serves any more.")
            if not served:
                show.problem("the version before had ended")
            return
        show.problem(f"the broken {fault.name} was deployed, and nobody noticed")

    async def _met(self, host: Host, proxy: Proxy, public: Public, fault: Unnoticed, old: Attempt) -> None:
        """What no health check sees is deployed, and what people meet is told; then the version before is back."""
        show = self._show
        show.act(f"Broken on purpose, {fault.name}", fault.wrong)
        try:
            fault.look()
        except NotThereError as error:
            show.say(f"  Not run. {error}")
            show.not_run.append(fault.name)
            return
        before = public.counts.troubles
        version = await self._made(f"HEAD with a broken {fault.name}", self._repository.commit_id("HEAD"))
        scene = Scene(host, proxy.port, show, public, old, self._attempt(version, old.plan), self._folder)
        try:
            told = await fault.play(scene)
        except DeployFailed as failed:
            show.quote(failed.output[-LOG_LINES:])
            show.problem(f"the broken {fault.name} was refused, and not met by the public: {failed.why}")
        except httpx.HTTPError as error:
            show.problem(f"the broken {fault.name} could not be played: no answer ({type(error).__name__})")
        else:
            show.say(f"  What people met: {told}.")
            show.say(f"  To do: {fault.fix}.")
            show.lesson(fault.section)
        if host.active is None or host.active.version is not old.version:
            await host.deploy(scene.shortened(old))
        self._foreseen += public.counts.troubles - before

    async def _settle_accounts(self, public: Public) -> None:
        """What did the public lose?"""
        show, counts = self._show, public.counts
        show.act("Afterwards")
        with show.phase("Reading back") as phase:
            lost = len(await public.lost_writes(counts.written))
            phase.note = f"{counts.acknowledged:,} {public.written} were acknowledged, lost: {lost}"
        if lost:
            show.problem(f"{lost} {public.written} were acknowledged and are not there")
        for what, count in (counts.troubles - self._foreseen).most_common(3):
            show.problem(f"{what} (number: {count})")

    def _stopped_by(self, error: CourseError) -> None:
        """Note what ends all of it early: the table stands all the same."""
        why, *output = str(error).splitlines()
        self._show.quote(output)
        self._show.problem(why.rstrip(".:"))

    def _sum_up(self) -> None:
        """The table, and what the public met."""
        self._show.table()
        if self._visitors and self._visitors.seconds:
            self._tell(self._visitors)

    def _tell(self, public: Public) -> None:
        counts, show = public.counts, self._show
        rate = counts.requests / public.seconds
        show.say(
            f"{counts.requests:,} requests in {public.seconds:.0f} s ({rate:.0f} a second), failed: {counts.failed}."
        )
        if public.watchers:
            reconnected = f"closed by the server and opened again: {counts.reconnected} times"
            show.say(f"{public.watchers} WebSockets, {reconnected}.")
        if public.requests_per_second == BUSY and rate < PROMISED_PER_SECOND:
            show.say(
                f"This machine was too busy for {PROMISED_PER_SECOND} requests a second: try again when it is idle."
            )

    def _verdict(self, faults: Sequence[Fault | Unnoticed]) -> int:
        show = self._show
        for problem in show.problems:
            show.say(f"Not as it should be: {problem}.")
        if faults:
            seen = "Refused" if all(isinstance(each, Fault) for each in faults) else "Seen"
            refused = f"{seen}, as it should be." if not show.problems else "Rehearse again when that is mended."
            if show.not_run:
                show.say(f"Not run, and so not seen: {', '.join(show.not_run)}.")
            show.say(f"{refused} To do: {faults[0].fix}." if len(faults) == 1 else f"{refused} To do: see above.")
            return 1
        if show.problems:
            show.say("To do: mend that, commit, and rehearse again before you deploy.")
            return 1
        if self._visitors and (not_asked := self._visitors.not_asked):
            more = f" and {len(not_asked) - NAMED} more" if len(not_asked) > NAMED else ""
            show.say(f"Not seen while the versions changed places: {', '.join(not_asked[:NAMED])}{more}.")
        show.say("Nothing was lost, and nobody noticed. Only the real host can show its own build, network and prices.")
        return 0
