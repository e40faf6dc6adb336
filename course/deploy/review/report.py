"""A review for a person, for a program, for a browser and for a pull request: the same data four times."""

import html
import json
from typing import Any

from markdown_it import MarkdownIt

from course.deploy.review.finding import GRAVITIES, Finding, Kind, Seen, kinds
from course.deploy.verify.report import lesson_file

PLACES_SHOWN = 5
STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
pre { background: #8882; padding: .6rem; white-space: pre-wrap; overflow-wrap: anywhere }
"""
# Rich needs markdown-it-py, so it is there. These rules alone: nothing that an app answered becomes markup, or a link.
MARKDOWN = MarkdownIt("zero").enable(["heading", "list", "fence"])


def causes(seen: Seen) -> list[tuple[Kind, list[Finding]]]:
    """What was found, by its cause, the gravest first; of equal ones, the most frequent."""
    groups: dict[str, dict[tuple[str, str], Finding]] = {}
    for each in seen.findings:  # one place is told once
        groups.setdefault(each.kind, {}).setdefault((each.where, each.came), each)
    found = [(kinds()[kind], list(places.values())) for kind, places in groups.items()]
    return sorted(found, key=lambda one: (GRAVITIES.index(one[0].gravity), -len(one[1])))


def exit_status(seen: Seen) -> int:
    """0 without findings, 1 if they are minor, 2 if one is serious, 3 if one is grave."""
    gravest = min((GRAVITIES.index(kind.gravity) for kind, _ in causes(seen)), default=len(GRAVITIES))
    return len(GRAVITIES) - gravest


def as_json(facts: dict[str, Any], seen: Seen) -> str:
    """For a program."""
    found = [
        {
            **{"kind": kind.id, "gravity": kind.gravity, "title": kind.title, "why": kind.why},
            **{"lesson": {"section": kind.section, "file": lesson_file(kind.section)}},
            "places": [
                {"where": each.where, "sent": each.sent, "came": each.came, "sure": sure(each)} for each in places
            ],
        }
        for kind, places in causes(seen)
    ]
    told = {**facts, "findings": found, "not_judged": seen.not_judged, "asked": seen.asked}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def sure(finding: Finding) -> str:
    return "certain" if finding.certain else "likely"


def verdict(seen: Seen) -> str:
    """The whole of it in one line."""
    found = causes(seen)
    numbers = [f"{each}: {count}" for each in GRAVITIES if (count := sum(kind.gravity == each for kind, _ in found))]
    told = f"{len(seen.asked)} probes, causes found: {len(found)}" + (f" ({', '.join(numbers)})" if numbers else "")
    return told + (f", not judged: {len(seen.not_judged)}" if seen.not_judged else "")


def as_text(facts: dict[str, Any], seen: Seen, *, places_shown: int = PLACES_SHOWN) -> str:
    """For a terminal, and, since it is Markdown, for a pull request."""
    lines = [f"# Review of {facts['target']}", "", f"{verdict(seen)}. {facts['did']}"]
    if facts["begin"] and seen.findings:
        lines += ["", "The commands below take these variables:", "", "```sh", *facts["begin"], "```"]
    for kind, places in causes(seen):
        lines += ["", f"## {kind.title} ({kind.gravity})", "", kind.why]
        lines += [f"Lesson {kind.section}: {lesson_file(kind.section)}", ""]
        for each in places[:places_shown]:
            lines += [f"- {each.where} ({sure(each)})", "", "  ```sh", f"  {each.sent}", "  ```", f"  {each.came}", ""]
        if len(places) > places_shown:
            lines += ["And also:", "", *(f"- {each.where}: {each.came}" for each in places[places_shown:])]
    if seen.not_judged:
        lines += ["", "## Not judged", ""]
        lines += [f"- {what}: {why}." for what, why in seen.not_judged.items()]
    return "\n".join(lines) + "\n"


def as_html(facts: dict[str, Any], seen: Seen) -> str:
    """The text as one page for a browser, with every place, and nothing loaded from elsewhere."""
    title = html.escape(f"Review of {facts['target']}")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    body = MARKDOWN.render(as_text(facts, seen, places_shown=len(seen.findings)))
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n<body>{body}</body></html>\n'
