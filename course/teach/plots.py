"""Plots that are read from the last row, and on a printer without colours.

The title says the finding, with its unit. Red is wrong, everywhere; what is compared differs in lightness, in line
style and in marker or hatching, too, and carries its name where it is drawn, not in a legend beside.
"""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from course.teach import colours
from course.teach.measure import percentile

WIDTH, HEIGHT, DOTS_PER_INCH = 11.0, 5.6, 80
TITLE_CHARACTERS = 60  # a line; the title of a plot that is wider would make it smaller
PLAIN = FuncFormatter(lambda value, _: f"{value:,.0f}" if value == round(value) else f"{value:g}")  # as people write


@dataclass(frozen=True, slots=True)
class Look:
    """How one of the things that are compared is drawn. Their lightness is far apart."""

    colour: str
    line: str
    marker: str
    hatch: str


WRONG = Look(colours.WRONG, "-", "o", "")
RIGHT = Look(colours.RIGHT, "--", "s", "//")
NEITHER = (Look(colours.NEITHER[0], "-", "^", ".."), Look(colours.NEITHER[1], ":", "D", ""))
WRONG_THEN_RIGHT = (WRONG, RIGHT)

_STYLE: dict[str, Any] = {
    "figure.figsize": (WIDTH, HEIGHT),
    "figure.dpi": DOTS_PER_INCH,
    "font.size": 16,
    "figure.titlesize": 21,
    "figure.titleweight": "bold",
    "axes.labelsize": 16,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "lines.linewidth": 3,
    "lines.markersize": 8,
    "hatch.linewidth": 1.5,
}


@contextmanager
def plot(title: str, *, x: str = "", y: str = "") -> Iterator[Axes]:
    """Axes to draw on, shown at the end of the block. The title says the finding; the labels name the units."""
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(layout="constrained")
        wrapped = "\n".join(textwrap.fill(line, TITLE_CHARACTERS) for line in title.splitlines())
        figure.suptitle(wrapped, x=0.01, ha="left")
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        axes.grid(axis="y", color=colours.GRID)
        yield axes
        plt.show()
        plt.close(figure)


def bars(
    title: str,
    values: Mapping[str, float],
    *,
    x: str = "",
    write: Callable[[float], str] = "{:,.0f}".format,
    looks: Sequence[Look] = WRONG_THEN_RIGHT,
) -> None:
    """Horizontal bars, the first one on top, each with its value written at its end."""
    with plot(title, x=x) as axes:
        for place, (value, look) in enumerate(zip(values.values(), looks, strict=True)):
            axes.barh(place, value, color=look.colour, hatch=look.hatch, edgecolor="white", height=0.62)
            axes.annotate(
                write(value),
                (value, place),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                fontsize=19,
                fontweight="bold",
            )
        axes.set_yticks(range(len(values)), list(values), fontsize=18)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set_xlim(0, (max(values.values()) or 1) * 1.16)
        axes.xaxis.set_major_locator(MaxNLocator(integer=all(isinstance(value, int) for value in values.values())))
        axes.xaxis.set_major_formatter(PLAIN)
        axes.tick_params(axis="y", length=0)


def dots(title: str, groups: Mapping[str, Sequence[float]], *, x: str = "", looks: Sequence[Look]) -> None:
    """Every value of each group as a dot on the group's line, and the median as a stroke."""
    with plot(title, x=x) as axes:
        for place, (values, look) in enumerate(zip(groups.values(), looks, strict=True)):
            # Spread by their order, always alike: values that are equal would hide each other.
            heights = [place + ((turn * 7) % 11 - 5) / 33 for turn in range(len(values))]
            axes.plot(values, heights, linestyle="", marker=look.marker, color=look.colour, alpha=0.75)
            middle = percentile(values, 50)
            axes.plot([middle, middle], [place - 0.26, place + 0.26], color="black", linewidth=4)
            axes.annotate(
                f"{middle:,.0f}",
                (middle, place - 0.27),
                ha="center",
                va="bottom",
                fontsize=18,
                fontweight="bold",
            )
        axes.set_yticks(range(len(groups)), list(groups), fontsize=18)
        axes.set_ylim(len(groups) - 0.55, -0.65)
        axes.grid(axis="y", visible=False)
        axes.set_xlim(left=0)
        axes.tick_params(axis="y", length=0)


def statuses(
    title: str,
    rows: Mapping[str, Sequence[int]],
    *,
    columns: Sequence[str] = (),
    wrong: Callable[[str, int, int], bool] = lambda name, column, status: status >= 500,
) -> None:
    """A row of boxes for each name, a status code in each. `wrong` says which are, given name, column and status."""
    with plot(title) as axes:
        for place, (name, codes) in enumerate(rows.items()):
            for column, code in enumerate(codes):
                look, text = (WRONG, "white") if wrong(name, column, code) else (RIGHT, "black")
                box = axes.barh(place, 0.9, left=column + 0.05, height=0.62, color=look.colour)
                plt.setp(box, edgecolor="black", linewidth=2)
                written = axes.text(column + 0.5, place, str(code), ha="center", va="center", color=text)
                written.set(fontsize=19 if len(codes) < 12 else 13, fontweight="bold")
        for column, name in enumerate(columns):
            axes.text(column + 0.5, -0.5, name, ha="center", va="bottom", fontsize=18, fontweight="bold")
        axes.set_yticks(range(len(rows)), list(rows), fontsize=18)
        axes.set_ylim(len(rows) - 0.5, -0.75 if columns else -0.5)
        axes.set_xlim(0, max(map(len, rows.values())))
        axes.set_xticks([])
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        axes.spines[:].set_visible(False)


def lines(
    title: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    x: str = "",
    y: str = "",
    looks: Sequence[Look] = WRONG_THEN_RIGHT,
    logarithmic: str = "",
    markers: bool = True,
    named_at_peak: bool = False,
) -> None:
    """A line for each series of (x, y), its name at its last point. `logarithmic`: which axes are, "x", "y" or "xy".

    Lines that end side by side are better named at the highest point of their second half.
    """
    with plot(title, x=x, y=y) as axes:
        if named_at_peak:
            axes.margins(y=0.12)  # room for the name of the highest
        for (name, points), look in zip(series.items(), looks, strict=True):
            marker = look.marker if markers else ""
            axes.plot(*zip(*points, strict=True), color=look.colour, linestyle=look.line, marker=marker)
            axes.annotate(
                name,
                max(points[len(points) // 2 :], key=lambda point: point[1]) if named_at_peak else points[-1],
                xytext=(0, 8) if named_at_peak else (10, 0),
                textcoords="offset points",
                ha="left",
                va="bottom" if named_at_peak else "center",
                color=look.colour,
                fontweight="bold",
                fontsize=18,
                annotation_clip=False,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8},
            )
        scale(axes, logarithmic)


def scale(axes: Axes, logarithmic: str) -> None:
    """Make the axes that are named logarithmic, with their numbers written out; a y axis that is not begins at 0."""
    if "x" in logarithmic:
        axes.set_xscale("log")
    axes.xaxis.set_major_formatter(PLAIN)
    if "y" in logarithmic:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(PLAIN)


def mark(axes: Axes, at: float, text: str, *, row: int = 0) -> None:
    """A vertical line with a word at its top, or rows below it: the moment when something happened."""
    axes.axvline(at, color="black", linewidth=2, linestyle=(0, (4, 2)))
    axes.annotate(
        text,
        (at, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(6, -4 - 24 * row),
        textcoords="offset points",
        va="top",
        fontsize=17,
        fontweight="bold",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 2},
    )
