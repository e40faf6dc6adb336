"""The capstone's speed, beside the limit, plain FastAPI and the first version that comes to mind, in one run.

DATABASE_URL=... python -m bench            all tables, in about ten minutes
DATABASE_URL=... python -m bench --check    the same, and fail if the lesson's ratios are off by more than a third
DATABASE_URL=... python -m bench --quick    the same with too little time to mean anything

Machines differ and are busy with other things: the ratios count, and they are of rounds that took turns. A round that
other work has slowed down is measured again, and ends the bench if that does not help.
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
from bench.tables import differences, print_rows, ratios

Ratios = dict[str, dict[str, float]]


def candidates(wanted: bytes, *apps: str) -> list[Candidate]:
    return [Candidate(TITLES[app], app, wanted) for app in apps]


async def compare(plan: Plan, url: str) -> Ratios:
    """Each endpoint, as each variant answers it. Returns the ratios, by table and line."""
    measured: Ratios = {}
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
            memory = [servers[each.app].memory() for each in compared]
            columns = ["statements", *(f"{each:g}" for each in statements)], ["memory in MiB", *memory]
            print_rows(title, compared, results, *columns)
            measured[title] = dict(zip((each.title for each in compared), ratios(results), strict=True))
        hashing = [CAPSTONE, FIRST]
        title = f"GET /health while {measure.HASHERS} people log in"
        print_rows(
            title, candidates(b"", *hashing), [await measure.health(plan, servers[each], login) for each in hashing]
        )
    return measured


async def workers(plan: Plan, given: str) -> None:
    """Two worker processes, beside one."""
    wanted = request("GET", "/posts")
    compared = [Candidate("one worker", "one", wanted), Candidate("two workers", "two", wanted)]
    # A database without the comments that were just written: counting them would be the database's work.
    async with database(given, posts=20) as url:
        with served(CAPSTONE, environment(url)) as one, served(CAPSTONE, environment(url), workers=2) as two:
            results = await measure.rounds(plan, compared, {"one": one, "two": two})
    print_rows("GET /posts by workers", compared, results)


async def main(plan: Plan, *, check: bool) -> None:
    given = os.environ.get("DATABASE_URL")
    if not given:
        sys.exit(
            "DATABASE_URL is not set: set it to the URL of a PostgreSQL server, such as postgresql://localhost/test"
        )
    try:
        async with database(given, posts=20) as url:
            measured = await compare(plan, url)
        await workers(plan, given)
    except RuntimeError as error:
        sys.exit(str(error))
    if check and (wrong := differences(measured)):
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only show that it runs")
    parser.add_argument("--check", action="store_true", help="compare the ratios with the lesson's")
    arguments = parser.parse_args()
    asyncio.run(main(measure.QUICK if arguments.quick else measure.FULL, check=arguments.check))
