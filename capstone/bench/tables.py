"""The bench's tables, in Markdown, and whether the lesson's still agree with them."""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.measure import Result
from bench.questions import Candidate

LESSON = Path(__file__).parents[1] / "lesson" / "6.3.5-speed.md"
CHECKED = ("GET /posts", "GET /posts/{id}", "POST /posts/{id}/comments")  # the columns of the lesson's first table


def ratios(results: Sequence[Sequence[Result]]) -> list[float]:
    """The requests a second of each line, by those of the first."""
    return [rounds[0].per_second / (results[0][0].per_second or float("inf")) for rounds in results]


def print_rows(
    title: str, compared: Sequence[Candidate], results: Sequence[Sequence[Result]], *more: Sequence[str]
) -> None:
    """Print a table: the median round of each line, from which to which the others went, and who worked meanwhile."""
    write(f"\n### {title}\n")
    heads = ["", "requests/s", "of all rounds", "ratio", "p50", "p99", "server, client, database, others"]
    heads += [column[0] for column in more]
    write(f"| {' | '.join(heads)} |\n|---|{'---:|' * (len(heads) - 1)}")
    for number, (each, rounds, ratio) in enumerate(zip(compared, results, ratios(results), strict=True)):
        middle, every = rounds[0], [one.per_second for one in rounds]
        cells = [each.title, f"{middle.per_second:,.0f}", f"{min(every):,.0f} to {max(every):,.0f}", f"{ratio:.2f}"]
        cells += [f"{middle.p50:.1f} ms", f"{middle.p99:.1f} ms"]
        cells += [", ".join(f"{one:.2f}" for one in (middle.server, middle.client, middle.database, middle.others))]
        write(f"| {' | '.join([*cells, *(column[number + 1] for column in more)])} |")


def differences(measured: Mapping[str, Mapping[str, float]]) -> list[str]:
    """What the lesson's table says that is off by more than a third, of ratios by table and line."""
    wrong = []
    text = LESSON.read_text(encoding="utf-8")
    for line in re.findall(r"^\| (\([b-d]\) .*)$", text, re.MULTILINE)[:3]:
        name = line.split(" |")[0]
        for table, said in zip(CHECKED, re.findall(r"\((\d\.\d+)\)", line), strict=True):
            is_now = measured[table][name]
            if not 2 / 3 <= float(said) / is_now <= 4 / 3:
                wrong.append(f"{table}, {name}: the lesson says {said}, and it is {is_now:.2f}")
    return wrong


def write(line: str) -> None:
    """Show a line at once, also in a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
