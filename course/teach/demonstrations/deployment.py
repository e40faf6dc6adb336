"""Module 6, deployed: a log as a chart, a switch under load, a secret that is changed, a version that is refused."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import matplotlib.pyplot as plt

from course.teach import plots
from course.teach.demonstrations import fresh
from course.teach.hosting import HostedBlog, Outcome, Visit, crowd
from course.teach.measure import percentile
from course.teach.stage import PASSWORD, App

EMAIL = "ana@example.com"
SWITCHED = {"Pre-deploy": "migrates", "Health check": "starts beside", "Switch": "switch", "Draining": "SIGTERM"}


async def make_busy(app: App) -> httpx.Response:
    """People read, somebody writes, somebody logs in. Return the answer to a request for a post that is not there."""
    email = f"{fresh('ana')}@example.com"
    ana = await app.register(email)
    for number in range(30):
        written = await app.client.post("/posts", headers=ana, json={"title": f"Post {number}", "body": "Hello."})
        post = written.json()["id"]
        await app.client.get("/posts")
        await app.client.get(f"/posts/{post}")
        await app.client.post(f"/posts/{post}/comments", headers=ana, json={"body": "Well said."})
    for _ in range(6):
        await app.login(email)
    return await app.client.get("/posts/999999", headers={"X-Request-ID": "from-the-last-row"})


def plot_log_lines(log: Sequence[Mapping[str, Any]]) -> None:
    """A mark for each log line of a request, by its route. Registering and logging in have to be the slowest."""
    by_route = defaultdict(list)
    for line in log:
        if "milliseconds" in line and line["status"] < 400:
            by_route[f"{line['method']} {line['route']}"].append(line["milliseconds"])
    routes = sorted(by_route, key=lambda route: -percentile(by_route[route], 50))
    count, login = sum(map(len, by_route.values())), percentile(by_route["POST /auth/login"], 50)
    title = f"{count} log lines: a login takes {login:.0f} ms, as it should"
    with plots.plot(title, x="ms for one request (each mark is one log line)") as axes:
        for place, route in enumerate(routes):
            marks = axes.plot(by_route[route], [place] * len(by_route[route]), "|", color=plots.NEITHER[0].colour)
            plt.setp(marks, markersize=26, markeredgewidth=2)
        plots.scale(axes, "x")
        axes.set_yticks(range(len(routes)), routes, fontsize=18)
        axes.set_ylim(len(routes) - 0.5, -0.5)
    assert set(routes[:2]) == {"POST /auth/register", "POST /auth/login"}, "bcrypt is slow on purpose, the rest is not"


@dataclass(frozen=True)
class Deployment:
    """How a deployment went, and what people saw meanwhile, each answer with the version that gave it."""

    outcome: Outcome
    visits: list[Visit]
    versions: list[str]  # of the visits

    def __repr__(self) -> str:
        counts = sorted(Counter(each.answer.status_code for each in self.visits).items())
        return "\n".join(["  ".join(f"{status}: {count} times" for status, count in counts), repr(self.outcome)])

    @property
    def failed(self) -> int:
        """How many visits were answered with an error."""
        return sum(each.failed for each in self.visits)

    @property
    def refused(self) -> int:
        """How many of them were told that their token is worth nothing."""
        return sum(each.answer.status_code == 401 for each in self.visits)


class People:
    """Eight people at a hosted blog: they read, look at their account, and now and then write a comment."""

    def __init__(self, blog: HostedBlog) -> None:
        self.blog = blog
        self._numbers = itertools.count()
        self._ana: dict[str, str] = {}
        self._post = 0

    async def log_in(self) -> None:
        """Get a token, with which they visit from now on."""
        answer = await self.blog.client.post("/auth/login", data={"username": EMAIL, "password": PASSWORD})
        answer.raise_for_status()
        self._ana = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def _visit(self) -> httpx.Response:
        number, client = next(self._numbers), self.blog.client
        if number % 4 == 0:
            remark = {"body": f"Remark {number}"}
            return await client.post(f"/posts/{self._post}/comments", headers=self._ana, json=remark)
        return await client.get("/users/me", headers=self._ana) if number % 4 == 1 else await client.get("/posts")

    async def during(self, *, broken: str = "", **variables: str) -> Deployment:
        """Visit the blog while HEAD is deployed, with these variables or this failure, which nobody may notice."""
        async with crowd(self._visit) as visits:
            outcome = await self.blog.deploy(broken=broken, **variables)
        deployed = Deployment(outcome, visits, await self.blog.versions(visits))
        if broken:
            assert not outcome.accepted
            assert deployed.failed == 0, "the version before serves on"
        return deployed

    async def refused(self, deployments: Sequence[Mapping[str, str]]) -> int:
        """Log in, and return how many visits are answered with 401 during these deployments, one after the other."""
        await self.log_in()
        refused = sum([(await self.during(**variables)).refused for variables in deployments])
        await self.log_in()
        assert (await self.blog.client.get("/users/me", headers=self._ana)).status_code == 200
        return refused


async def people(blog: HostedBlog) -> People:
    """People with an account, who have written a post."""
    found = People(blog)
    await blog.client.post("/auth/register", json={"email": EMAIL, "password": PASSWORD})
    await found.log_in()
    written = await blog.client.post("/posts", headers=found._ana, json={"title": "Busy", "body": "Hello."})
    found._post = written.json()["id"]
    return found


def _draw(title: str, deployed: Deployment, moments: Mapping[str, float]) -> None:
    """Each request as a mark, red if it failed, otherwise in the look of its version, and the moments with a word."""
    start, versions = deployed.visits[0].at, list(dict.fromkeys(deployed.versions))
    with plots.plot(title, x="seconds", y="ms until the answer") as axes:
        for visit, version in zip(deployed.visits, deployed.versions, strict=True):
            look = plots.WRONG if visit.failed else plots.NEITHER[versions.index(version)]
            axes.plot(visit.at - start, visit.ms, marker=look.marker, markersize=6, color=look.colour)
        plots.scale(axes, "y")
        axes.set_ylim(1, 3000)
        for place, (word, at) in enumerate(moments.items()):
            plots.mark(axes, at - start, word, row=place % 2)
        axes.set_title("▲ old version", loc="left", fontsize=18)
        if len(versions) > 1:
            axes.set_title("◆ new version", loc="right", fontsize=18)


def plot_switch(deployed: Deployment) -> None:
    """A new version takes over. Nobody may notice, and both have to have answered."""
    moments = {word: deployed.outcome.phase(phase).began for phase, word in SWITCHED.items()}
    title = f"{len(deployed.visits)} requests while a new version takes over: {deployed.failed} failed"
    _draw(title, deployed, moments)
    assert deployed.outcome.accepted
    assert deployed.failed == 0, "nobody notices"
    assert len(set(deployed.versions)) == 2, "both versions have answered"


async def lost_comments(blog: HostedBlog, deployed: Deployment) -> tuple[int, int]:
    """How many comments were acknowledged with 201 meanwhile, and how many of them are lost. None may be."""
    acknowledged = {each.answer.json()["id"] for each in deployed.visits if each.answer.status_code == 201}
    lost = acknowledged - {row["id"] for row in await blog.rows("SELECT id FROM comments")}
    assert not lost
    return len(acknowledged), len(lost)


def plot_refused(wrong: int, right: int) -> None:
    """Requests that were answered with 401. In two steps nobody may be logged out."""
    plots.bars(
        f"Swapped at once, {wrong} requests are refused; in two steps, {right}",
        {"swapped at once": wrong, "in two steps": right},
        x="requests that were answered with 401 during the deployments",
    )
    assert wrong > 0, "all tokens of before are worth nothing"
    assert right == 0, "in two steps nobody is logged out"


def plot_refused_version(deployed: Deployment) -> None:
    """A version that never says that it is healthy is refused. The version before has to answer everybody."""
    check = deployed.outcome.phase("Health check")
    moments = {
        "migrates": deployed.outcome.phase("Pre-deploy").began,
        "starts beside": check.began,
        "refused": check.began + check.seconds,
    }
    title = f"A broken version is refused; of {len(deployed.visits)} requests {deployed.failed} failed"
    _draw(title, deployed, moments)
    assert len(set(deployed.versions)) == 1, "the broken version has never seen a request"
