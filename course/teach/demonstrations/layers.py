"""Module 5a: a commit that comes too late, ten equal products, a change that is lost, and what isolation costs."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course.teach import plots
from course.teach.demonstrations import at_once, fresh
from course.teach.measure import percentile
from course.teach.shown import Rows
from course.teach.stage import App

PEOPLE, TRIES, PAIRS = 10, 10, 40
REFUSE = """
    CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no ghosts'; END $$
"""
TRIGGER = """
    CREATE CONSTRAINT TRIGGER no_ghosts AFTER INSERT ON products DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.name = 'Ghost') EXECUTE FUNCTION refuse()
"""
BENCH = """
import asyncio, json
from app.core.settings import load_settings
from bench.isolation import measure
print(json.dumps(asyncio.run(measure(load_settings(), rounds=40))))
"""


def product(price: str = "9.99") -> dict[str, object]:
    """A product with a name that no other has."""
    return {"name": fresh("Tea "), "price": price, "quantity": 3}


async def statements_per_list(app: App) -> tuple[Rows, str]:
    """How many statements a list of 1, 10 and 50 products takes, and the last one's text. Another number is a bug."""
    for _ in range(50):
        (await app.client.post("/products", json=product())).raise_for_status()
    counts = Rows()
    for limit in (1, 10, 50):
        with app.statements() as statements:
            listed = (await app.client.get("/products", params={"limit": limit})).json()
        counts.append({"products": len(listed), "statements": len(statements)})
    assert counts == [{"products": limit, "statements": 1} for limit in (1, 10, 50)]
    return counts, statements[0]


@dataclass(frozen=True)
class Ghost:
    """What the client of a product that can't be committed is answered, and how many rows there are then."""

    status: int
    rows: int


async def ghost(app: App) -> Ghost:
    """Let a COMMIT fail: a trigger at the very end of the transaction refuses every product that is called Ghost."""
    for statement in (REFUSE, "DROP TRIGGER IF EXISTS no_ghosts ON products", TRIGGER):
        await app.rows(statement)
    answer = await app.client.post("/products", json=product() | {"name": "Ghost"})
    [row] = await app.rows("SELECT count(*) AS ghosts FROM products WHERE name = 'Ghost'")
    return Ghost(answer.status_code, row["ghosts"])


def plot_ghosts(wrong: Ghost, right: Ghost) -> None:
    """The two answers. Neither may leave a row, and only the bug may answer 201."""
    plots.statuses(
        f"Answered before the commit: a {wrong.status}, and {wrong.rows} rows in the table",
        {"answer, then commit": [wrong.status], "commit, then answer": [right.status]},
        columns=["the answer; the commit fails"],
        wrong=lambda name, column, status: status == 201,
    )
    assert (wrong, right) == (Ghost(201, 0), Ghost(500, 0))


async def products_at_once(app: App) -> list[int]:
    """The status codes of ten equal products. How many of them meet is chance: of ten tries, the worst."""

    async def once() -> list[int]:
        new = product()
        # A connection each: after a 500, the server closes the one that it came on.
        own = {"Connection": "close"}
        return await at_once(lambda: app.client.post("/products", json=new, headers=own), PEOPLE)

    return max([await once() for _ in range(TRIES)], key=lambda codes: codes.count(500))


def plot_products(wrong: Sequence[int], right: Sequence[int]) -> None:
    """The ten answers. With the bug, some have to be a 500; without it, none."""
    failed = sum(code >= 500 for code in wrong)
    plots.statuses(
        f"Check, then insert: {failed} of {PEOPLE} answers are a 500;\ninsert and catch: 0 of {PEOPLE}",
        {"check first": wrong, "insert and catch": right},
    )
    assert failed > 0, "the bug did not show"
    assert right == [201, *[409] * (PEOPLE - 1)]


async def lost_changes(app: App) -> int:
    """Of forty pairs of changes at once, both answered with 200, how many have lost one?"""
    lost = 0
    for _ in range(PAIRS):
        place = (await app.client.post("/products", json=product("1.00"))).headers["Location"]
        changes: list[dict[str, object]] = [{"price": "2.00"}, {"quantity": 2}]
        answers = await asyncio.gather(*(app.client.patch(place, json=change) for change in changes))
        assert [answer.status_code for answer in answers] == [200, 200]
        found = (await app.client.get(place)).json()
        lost += (found["price"], found["quantity"]) != ("2.00", 2)
    return lost


def plot_lost_changes(wrong: int, right: int) -> None:
    """How many were lost. With the bug, some have to be; without it, none."""
    plots.bars(
        f"Both answered 200, and one lost: in {wrong} of {PAIRS} pairs;\nlocked, and one field written: in {right}",
        {"read, write all back": wrong, "lock, write one field": right},
        x=f"of {PAIRS} pairs of changes at the same moment, those that lost one",
    )
    assert wrong > 0, "the bug did not show: run the measuring cell again"
    assert right == 0


async def isolation_costs(app: App) -> dict[str, float]:
    """Milliseconds that one small test takes, by the way in which it gets an empty database: medians of 40."""
    costs = json.loads(await app.python("-c", BENCH))
    return {name: percentile(each, 50) for name, each in costs.items()}


def plot_isolation_costs(costs: Mapping[str, float]) -> None:
    """What each way costs. Rolling back has to be the cheapest, by far."""
    slowest, least = max(costs, key=lambda name: costs[name]), costs["rollback"]
    plots.bars(
        f"A test that is rolled back takes {least:.0f} ms,\nwith a new database {costs[slowest]:.0f} ms",
        costs,
        x=f"ms for one small test, the median of 40 (300 tests: {least * 0.3:.0f} s or {costs[slowest] * 0.3:.0f} s)",
        write="{:,.1f} ms".format,
        looks=[plots.NEITHER[0], *[plots.NEITHER[1]] * (len(costs) - 1)],
    )
    assert least == min(costs.values()), "rolling back is the cheapest way"
    assert "new database" in slowest, "a database for each test is the dearest"
    assert costs[slowest] > 3 * least, "... by far"
