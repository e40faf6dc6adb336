"""The load table: our rooms and the naive ones, side by side.

Set DATABASE_URL and JWT_SECRET, and then:

python -m bench                    the table
python -m bench --proof            1,000 clients on 2 workers, while one never reads
python -m bench --hostile          what hostile clients cost, with our limits and without
... --update                       write the table into the lesson, too
"""

import argparse
import asyncio
import re
import sys
from pathlib import Path

from bench import hostile
from bench.probe import Plan, Probe, Result, served

OURS, NAIVE, UNDEFENDED = "websocket_example:app", "first_version:app", "bench.undefended:app"
TABLE = [
    Plan(app, workers, clients, senders=10, messages=20, size=200, tells_arrivals=app == OURS)
    for clients in (100, 1_000)
    for app, workers in ((NAIVE, 1), (OURS, 1), (OURS, 2), (OURS, 4))
]
PROOF = [
    Plan(OURS, 2, 1_000, senders=10, messages=200, size=4_000, not_reading=1),
    Plan(NAIVE, 1, 1_000, senders=10, messages=200, size=4_000, not_reading=1, tells_arrivals=False),
]
HEAD = """| rooms | workers | clients | not reading | text | all joined | delivered | delivered/s | p50 | p99 | memory |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


def row(plan: Plan, result: Result) -> str:
    """One line of the table."""
    missing = result.expected - result.delivered
    faults = f"{missing:,} missing, {result.misplaced:,} misplaced" if missing or result.misplaced else "all, in order"
    cells = (
        "naive" if plan.app == NAIVE else "ours",
        plan.workers,
        f"{plan.clients:,}",
        plan.not_reading,
        f"{plan.size:,} B",
        f"{result.joining_seconds:.1f} s",
        f"{result.delivered:,} ({faults})",
        f"{result.delivered / result.seconds:,.0f}",
        f"{result.latency(0.5):,.0f} ms",
        f"{result.latency(0.99):,.0f} ms",
        f"{result.rss_mib:,.0f} MiB",
    )
    return f"| {' | '.join(map(str, cells))} |"


async def measure(plans: list[Plan]) -> str:
    """Print the table, a line as soon as it is measured, and return it."""
    lines = [HEAD]
    write(HEAD)
    for plan in plans:
        async with served(plan.app, plan.workers) as (port, pids):
            lines.append(row(plan, await Probe(plan).run(port, pids)))
        write(lines[-1])
    return "\n".join(lines)


def put_into(lesson: str, command: str, table: str) -> str:
    """The lesson with this table below the comment that names its command."""
    comment = f"<!-- measured by: {command} -->\n\n"
    new, count = re.subn(rf"(?<={re.escape(comment)})(\|.*\n)+", lambda _: table + "\n", lesson)
    if count != 1:
        raise SystemExit(f"The lesson has {count} tables below {comment.strip()}")
    return new


def write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--proof", action="store_true", help="1,000 clients, one of which never reads")
    parser.add_argument("--hostile", action="store_true", help="what hostile clients cost")
    parser.add_argument("--update", action="store_true", help="write the table into the lesson, too")
    options = parser.parse_args()
    if options.hostile:
        measured = asyncio.run(hostile.table(OURS, UNDEFENDED))
        write(measured)
    else:
        measured = asyncio.run(measure(PROOF if options.proof else TABLE))
    if options.update:
        kind = " --hostile" if options.hostile else " --proof" if options.proof else ""
        [page] = Path("lesson").glob("5.3.6-*.md" if options.hostile else "5.3.11-*.md")
        new = put_into(page.read_text(encoding="utf-8"), f"python -m bench{kind}", measured)
        page.write_text(new, "utf-8", newline="\n")
