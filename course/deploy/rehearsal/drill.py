"""The drill: the database is lost while people write, and comes back from a dump. How long, and how much is gone?"""

import asyncio
from pathlib import Path

from course.deploy.rehearsal.load import WATCHERS, Public
from course.deploy.rehearsal.show import Show
from course.machine import backup, ladder

SINCE_SECONDS = 5  # from the dump to the loss; on a host it is the hours since the last backup
POLL_SECONDS = 0.02


async def lose_and_restore(show: Show, public: Public, database_url: str, folder: Path) -> None:
    """Dump, lose and restore the database of the rehearsal, and note the two figures that a backup is judged by.

    RTO is the time until the blog serves again, RPO what was written since the dump. Raises CourseError.
    """
    loop, counts, file = asyncio.get_running_loop(), public.counts, folder / "drill.dump"
    show.act("The drill", "the database is lost while people write")
    with show.phase("Dump") as phase:
        safe, dumped_at = dict(counts.written), loop.time()
        await asyncio.to_thread(backup.dump, database_url, file)
        phase.note = f"course db dump: {file.stat().st_size:,} bytes, with {len(safe):,} comments or more"
    with show.phase("Writing on") as phase:
        await asyncio.sleep(SINCE_SECONDS)
        phase.note = f"{len(counts.written) - len(safe):,} comments more were acknowledged"
    with show.phase("Loss") as phase:
        lost_at = loop.time()
        await asyncio.to_thread(ladder.drop_database, _server(database_url), backup.database_of(database_url))
        written = dict(counts.written)
        phase.note = "DROP DATABASE ... WITH (FORCE)"
    with show.phase("Restore") as phase:
        restored = await asyncio.to_thread(backup.restore, database_url, file, replace=False)
        phase.note = f"course db restore. {restored}"
    with show.phase("Served again") as phase:
        before = counts.acknowledged
        while counts.acknowledged == before:  # noqa: ASYNC110 (a count sets no event)
            await asyncio.sleep(POLL_SECONDS)
        served_at = loop.time()
        phase.note = "the next comment was acknowledged, by the same process: nothing was restarted"
    with show.phase("WebSockets") as phase:
        deaf = await public.deaf_watchers()
        phase.note = f"{WATCHERS - deaf} of {WATCHERS} reconnected, and told of a comment"
    with show.phase("Reading back") as phase:
        lost = await public.lost_writes(written)
        phase.note = f"{len(written):,} comments were acknowledged before the loss, lost: {len(lost):,}"
    show.figure("RTO: from the loss to the next comment", served_at - lost_at)
    show.figure(f"RPO: from the dump to the loss, {len(lost):,} comments", lost_at - dumped_at)
    if deaf:
        show.problem(f"{deaf} of {WATCHERS} WebSockets were told of no new comment after the restore")
    if gone := lost & safe.keys():
        show.problem(f"{len(gone)} comments were acknowledged before the dump and are not there")


def _server(database_url: str) -> str:
    return ladder.with_database(database_url, "postgres")
