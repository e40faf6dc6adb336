"""Who is in which room, on every process: one row per connected client.

The table says who is there and the channel says who comes and goes, both in one statement, so that they can't disagree.
"""

# ruff: noqa: S608 - the statements are put together from constants alone

from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from rooms.manager import MemberRow
from rooms.subscriber import Subscriber

CHANNEL = "rooms"

Execute = Callable[..., Awaitable[object]]  # runs one statement with its values

# Unlogged: not written to the log that survives a crash. After one, nobody is connected.
# The lock: processes that start together would make the table together, and all but one would fail.
CREATE_TABLE = """
    SELECT pg_advisory_xact_lock(hashtext('room_members'));
    CREATE UNLOGGED TABLE IF NOT EXISTS room_members (
        client_id text PRIMARY KEY,
        worker text NOT NULL,
        room text NOT NULL,
        name text NOT NULL
    );
"""

# As in Event.payload(): the keys are the fields of Event.
ANNOUNCE = f"""
    SELECT pg_notify('{CHANNEL}', json_build_object(
        'type', type, 'room', room, 'name', name, 'client_id', client_id,
        'at', to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    )::text) FROM changed
"""

ARRIVE = f"""
    WITH changed AS (
        INSERT INTO room_members (client_id, worker, room, name) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING
        RETURNING 'joined' AS type, room, name, client_id
    )
    {ANNOUNCE}
"""

LEAVE = f"""
    WITH changed AS (
        DELETE FROM room_members WHERE client_id = $1
        RETURNING 'left' AS type, room, name, client_id
    )
    {ANNOUNCE}
"""

# What arriving and leaving missed, because the database was away meanwhile.
RECONCILE = f"""
    WITH arrived AS (
        INSERT INTO room_members (client_id, worker, room, name)
        SELECT client_id, $1, room, name FROM unnest($2::text[], $3::text[], $4::text[]) AS here (client_id, room, name)
        ON CONFLICT DO NOTHING
        RETURNING 'joined' AS type, room, name, client_id
    ), gone AS (
        DELETE FROM room_members WHERE worker = $1 AND client_id <> ALL ($2::text[])
        RETURNING 'left' AS type, room, name, client_id
    ), changed AS (
        SELECT * FROM arrived UNION ALL SELECT * FROM gone
    )
    {ANNOUNCE}
"""

# A worker that lives has a connection of its name: PostgreSQL knows at once when a process was killed.
SWEEP = f"""
    WITH changed AS (
        DELETE FROM room_members
        WHERE worker NOT IN (SELECT application_name FROM pg_stat_activity WHERE datname = current_database())
        RETURNING 'left' AS type, room, name, client_id
    )
    {ANNOUNCE}
"""


async def arrive(execute: Execute, worker: str, subscriber: Subscriber) -> None:
    """Write down that a client is here, and announce it, unless that is known already."""
    await execute(ARRIVE, subscriber.id, worker, subscriber.room, subscriber.name)


async def leave(execute: Execute, subscriber: Subscriber) -> None:
    """Strike a client out, and announce it, unless that was done already."""
    await execute(LEAVE, subscriber.id)


async def reconcile(execute: Execute, worker: str, subscribers: Sequence[Subscriber]) -> None:
    """Make the table agree with the clients that this worker has, and announce what that changes."""
    ids = [subscriber.id for subscriber in subscribers]
    rooms = [subscriber.room for subscriber in subscribers]
    names = [subscriber.name for subscriber in subscribers]
    await execute(RECONCILE, worker, ids, rooms, names)


async def sweep(execute: Execute) -> None:
    """Strike the clients of dead workers out, and announce that they left."""
    await execute(SWEEP)


async def read_members(connection: asyncpg.Connection) -> list[MemberRow]:
    """Everybody, in every room."""
    rows = await connection.fetch("SELECT client_id, room, name FROM room_members")
    return [(row["client_id"], row["room"], row["name"]) for row in rows]
