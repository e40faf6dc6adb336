"""What it costs to keep one test from the next: four ways, measured.

Run it in the stage's folder: python -m bench.isolation
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from statistics import median
from time import perf_counter

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from app.core.db import make_engine
from app.core.settings import Settings, load_settings
from app.models import Base, User
from sandbox import beside, database, only_a_test_database, rolled_back, truncated

ROUNDS = 30
Sandbox = Callable[[], AbstractAsyncContextManager[async_sessionmaker[AsyncSession]]]


def methods(given: Settings, settings: Settings, engine: AsyncEngine, template: str) -> dict[str, Sandbox]:
    """Four ways to give a test a database without anybody else's rows, the cheapest first."""

    @asynccontextmanager
    async def new_engine() -> AsyncIterator[async_sessionmaker[AsyncSession]]:
        engine = make_engine(settings)
        async with rolled_back(engine) as sessions:
            yield sessions
        await engine.dispose()

    @asynccontextmanager
    async def new_database() -> AsyncIterator[async_sessionmaker[AsyncSession]]:
        async with database(given, beside(given), template) as engine:
            yield async_sessionmaker(engine)

    return {
        "rollback": lambda: rolled_back(engine),
        "truncate": lambda: truncated(engine),
        "new engine, then rollback": new_engine,
        "new database from a template": new_database,
    }


async def a_test(sessions: async_sessionmaker[AsyncSession]) -> None:
    """What a small test does: it writes, commits and reads. Anybody else's row would make it fail."""
    async with sessions.begin() as session:
        session.add(User(email="ana@example.com", hashed_password="x"))  # noqa: S106 (not a password)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 1


async def milliseconds(sandbox: Sandbox) -> float:
    """How long one test takes in a sandbox, which is made for it and cleared away after it."""
    start = perf_counter()
    async with sandbox() as sessions:
        await a_test(sessions)
    return (perf_counter() - start) * 1000


async def measure(given: Settings, rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Milliseconds per test, by method. The methods take turns, so that a busy moment hits them all."""
    settings, empty = beside(given), beside(given)
    async with database(given, settings) as engine, database(given, empty) as template:
        for each in (engine, template):
            async with each.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
        await template.dispose()  # a database can be copied only while nobody uses it
        chosen = methods(given, settings, engine, only_a_test_database(template))
        costs: dict[str, list[float]] = {name: [await milliseconds(sandbox)] for name, sandbox in chosen.items()}
        for _ in range(rounds):
            for name, sandbox in chosen.items():
                costs[name].append(await milliseconds(sandbox))
    return {name: each[1:] for name, each in costs.items()}  # the first one pays for what is made once


def table(costs: dict[str, list[float]]) -> str:
    """The medians, and how long a suite of 300 tests would take."""
    lines = [f"{'how one test is kept from the next':36}{'ms per test':>14}{'300 tests':>12}"]
    lines += [f"{name:36}{median(each):>14.1f}{median(each) * 0.3:>10.1f} s" for name, each in costs.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table(asyncio.run(measure(load_settings()))) + "\n")
