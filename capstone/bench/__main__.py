"""The capstone's speed, beside the limit, plain FastAPI and the first version that comes to mind, in one run.

DATABASE_URL=... python -m bench            all tables, in about ten minutes
DATABASE_URL=... python -m bench --quick    the same with too little time and data to mean anything

Machines differ and are busy with other things: the ratios count, and they are of rounds that took turns.
"""

import argparse
import asyncio
import os
import sys
from urllib.parse import urlencode

from bench import measure
from bench.data import PASSWORD, database, email_of
from bench.ladder import LADDER, rungs
from bench.measure import Plan
from bench.questions import CAPSTONE, FIRST, PLAIN, RAW, TITLES, Candidate, check_same_answers, request, token
from bench.servers import all_served, environment, served
from bench.tables import print_table


def candidates(wanted: bytes, *apps: str) -> list[Candidate]:
    return [Candidate(TITLES[app], app, wanted) for app in apps]


async def compare(plan: Plan, url: str) -> None:
    """Each endpoint, as each variant answers it."""
    env = environment(url)
    with all_served([RAW, PLAIN, CAPSTONE, FIRST, LADDER], env) as servers:
        bearer = await token(servers[CAPSTONE], email_of(1), PASSWORD)
        write = request("POST", "/posts/1/comments", {"body": "Well said, and well measured."}, token=bearer)
        login = request("POST", "/auth/login", urlencode({"username": email_of(1), "password": PASSWORD}))
        tables = {
            "GET /posts": candidates(request("GET", "/posts"), RAW, PLAIN, CAPSTONE, FIRST),
            "GET /posts, a step at a time": rungs(),
            "GET /posts/{id}": candidates(request("GET", "/posts/1"), RAW, PLAIN, CAPSTONE, FIRST),
            "POST /posts/{id}/comments": candidates(write, RAW, PLAIN, CAPSTONE, FIRST),
            "POST /auth/login": candidates(login, CAPSTONE, FIRST),
        }
        for title, compared in tables.items():
            await check_same_answers(compared, servers)
            results = await measure.rounds(plan, compared, servers)
            statements = await measure.statements(compared, url)
            print_table(title, compared, results, statements, servers)
        await measure.health(plan, servers, login)


async def depth(plan: Plan, given: str) -> None:
    """The last page, beside the first."""
    # A sentence each, because only their number matters here, and the search index takes minutes over long ones.
    async with database(given, posts=plan.many_posts, sentences=1) as url:
        with served(CAPSTONE, environment(url)) as server:
            await measure.depth(plan, server, url)


async def workers(plan: Plan, given: str) -> None:
    """Two worker processes, beside one."""
    # A database without the comments that were just written: counting them would be the database's work.
    async with database(given, posts=20) as url:
        with served(CAPSTONE, environment(url)) as one, served(CAPSTONE, environment(url), workers=2) as two:
            await measure.workers(plan, one, two)


async def main(plan: Plan) -> None:
    given = os.environ.get("DATABASE_URL")
    if not given:
        sys.exit(
            "DATABASE_URL is not set: set it to the URL of a PostgreSQL server, such as postgresql://localhost/test"
        )
    async with database(given, posts=20) as url:
        await compare(plan, url)
    await workers(plan, given)
    await depth(plan, given)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only show that it runs")
    arguments = parser.parse_args()
    asyncio.run(main(measure.QUICK if arguments.quick else measure.FULL))
