"""The bench's tables, in Markdown."""

import sys
from collections.abc import Sequence

from bench.load import Result
from bench.questions import Candidate
from bench.servers import Server


def print_rows(title: str, compared: Sequence[Candidate], results: Sequence[Result], *more: Sequence[str]) -> None:
    """Print a table in Markdown. Its ratios are to the first line."""
    write(f"\n### {title}\n")
    heads = ["", "requests/s", "ratio", "p50", "p99", *(column[0] for column in more)]
    write(f"| {' | '.join(heads)} |\n|---|{'---:|' * (len(heads) - 1)}")
    for number, (each, result) in enumerate(zip(compared, results, strict=True)):
        ratio = result.per_second / (results[0].per_second or float("inf"))
        cells = [
            each.title,
            f"{result.per_second:,.0f}",
            f"{ratio:.2f}",
            f"{result.p50:.1f} ms",
            f"{result.p99:.1f} ms",
        ]
        write(f"| {' | '.join([*cells, *(column[number + 1] for column in more)])} |")


def print_table(
    title: str,
    compared: Sequence[Candidate],
    results: Sequence[Result],
    counts: Sequence[float],
    servers: dict[str, Server],
) -> None:
    """Print a table with statements per request and memory too."""
    memory = [servers[each.app].memory() for each in compared]
    print_rows(
        title,
        compared,
        results,
        ["statements", *(f"{count:g}" for count in counts)],
        ["memory", *("unknown" if each is None else f"{each:.0f} MiB" for each in memory)],
    )


def write(line: str) -> None:
    """Show a line at once, also in a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
