"""The demonstrations of the notebooks, a module for each notebook: what is done to an app, and the plot of what came.

A notebook shows the question, the lines that differ, the guess and the finding; what is on no projector is here.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx


def fresh(word: str) -> str:
    """A word that no cell has used yet, so that each can be run again."""
    return f"{word}{time.time_ns() % 10**9}"


async def at_once(ask: Callable[[], Awaitable[httpx.Response]], times: int) -> list[int]:
    """Ask so many times at the same moment; the status codes, in their order."""
    answers = await asyncio.gather(*(ask() for _ in range(times)))
    return sorted(answer.status_code for answer in answers)
