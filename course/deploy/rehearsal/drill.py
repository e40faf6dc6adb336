"""The drill: the database is lost while people write, and comes back from a dump. How long, and how much is gone?"""

import asyncio
from pathlib import Path

from course.deploy.rehearsal.load import Public
from course.deploy.rehearsal.show import Show
from course.errors import CourseError
from course.machine import backup, ladder

SINCE_SECONDS = 5  # from the dump to the loss; on a host it is the hours since the last backup
POLL_SECONDS = 0.02
SERVED_AGAIN_SECONDS_MAX = 60  # an app that has not come back by then waits for somebody to restart it


async def lose_and_restore(show: Show, public: Public, database_url: str, folder: Path) -> None:
    """Dump, lose and restore the database of the rehearsal, and note the two figures that a backup is judged by.

    RTO is the time until the blog serves again, RPO what was written since the dump. Raises CourseError.
    """
    loop, counts, file = asyncio.get_running_loop(), public.counts, folder / "drill.dump"
    what, one = public.written, public.written.removesuffix("s")
    show.act("The drill", "the database is lost while people write")
    with show.phase("Dump") as phase:
        safe, dumped, dumped_at = dict(counts.written), counts.acknowledged, loop.time()
        await asyncio.to_thread(backup.dump, database_url, file)
        phase.note = f"course db dump: {file.stat().st_size:,} bytes, with {dumped:,} {what} or more"
    with show.phase("Writing on") as phase:
        await asyncio.sleep(SINCE_SECONDS)
        phase.note = f"{counts.acknowledged - dumped:,} {what} more were acknowledged"
    with show.phase("Loss") as phase:
        lost_at = loop.time()
        await asyncio.to_thread(ladder.drop_database, _server(database_url), backup.database_of(database_url))
        written, acknowledged = dict(counts.written), counts.acknowledged
        phase.note = "DROP DATABASE ... WITH (FORCE)"
    with show.phase("Restore") as phase:
        restored = await asyncio.to_thread(backup.restore, database_url, file, replace=False)
        phase.note = f"course db restore. {restored}"
    with show.phase("Served again") as phase:
        before, deadline = counts.acknowledged, loop.time() + SERVED_AGAIN_SECONDS_MAX
        while counts.acknowledged == before:
            if loop.time() > deadline:
                raise CourseError(
                    f"The app does not serve again, {SERVED_AGAIN_SECONDS_MAX} s after its database is back: let it "
                    "open new connections in place of those that broke."
                )
            await asyncio.sleep(POLL_SECONDS)
        served_at = loop.time()
        phase.note = f"the next {one} was acknowledged, by the same process: nothing was restarted"
    await show.watchers_are_told(public, after="the restore")
    with show.phase("Reading back") as phase:
        lost = await public.lost_writes(written)
        phase.note = f"{acknowledged:,} {what} were acknowledged before the loss, lost: {len(lost):,}"
    show.figure(f"RTO: from the loss to the next {one}", served_at - lost_at)
    show.figure(f"RPO: from the dump to the loss, {len(lost):,} {what}", lost_at - dumped_at)
    # A name that has changed since the dump is not one of the dump.
    if gone := {each for each in lost if written[each] == safe.get(each)}:
        show.problem(f"{len(gone)} {what} were acknowledged before the dump and are not there")


def _server(database_url: str) -> str:
    return ladder.with_database(database_url, "postgres")
