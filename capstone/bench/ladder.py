"""From the first version to the fastest, a rung at a time: the bench prints it, and a notebook draws it."""

from bench.data import database
from bench.measure import Plan, rounds
from bench.questions import CAPSTONE, FIRST, RAW, TITLES, Candidate, check_same_answers, request
from bench.servers import all_served, environment
from bench.variants.rungs import RUNGS

LADDER = "bench.variants.ladder:app"


def rungs() -> list[Candidate]:
    """The limit, the first version, each step from there, and the capstone: all of them are asked for one page."""
    page = request("GET", "/posts")
    steps = [Candidate(f"+ {text}", LADDER, request("GET", path)) for path, text in RUNGS.items()]
    return [
        *(Candidate(TITLES[app], app, page) for app in (RAW, FIRST)),
        *steps,
        Candidate(TITLES[CAPSTONE], CAPSTONE, page),
    ]


async def climb(plan: Plan, given: str) -> dict[str, float]:
    """The requests a second on each rung, by its title. The database is a new one, beside the given one."""
    async with database(given, posts=20) as url:
        with all_served([RAW, FIRST, LADDER, CAPSTONE], environment(url)) as servers:
            await check_same_answers(rungs(), servers)
            results = await rounds(plan, rungs(), servers)
    return {each.title: result[0].per_second for each, result in zip(rungs(), results, strict=True)}
