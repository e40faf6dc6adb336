"""Several pieces of work at once, as many as there are processors."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
POLL_SECONDS = 0.2  # on Windows a wait without end can't be interrupted


def in_parallel(
    work: Callable[[Item], Result], items: Sequence[Item], told: Callable[[Result], object] = lambda result: None
) -> list[Result]:
    """The results in the order of the items; `told` hears of each as soon as it is there.

    An interruption or an error ends the wait, and nothing more is begun.
    """
    pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1)
    try:
        futures = [pool.submit(work, item) for item in items]
        waiting: set[Future[Result]] = set(futures)
        while waiting:
            done, waiting = wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                told(future.result())
        return [future.result() for future in futures]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
