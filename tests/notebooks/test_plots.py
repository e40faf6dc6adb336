"""One meaning for each colour in the plots: red is wrong, and nothing else is red."""

import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.colors import to_hex

mpl.use("agg")

from course.teach import colours, plots


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The boxes and lines of each plot that is shown."""
    found: list[Any] = []
    monkeypatch.setattr(plots.plt, "show", lambda: found.extend([*plots.plt.gca().patches, *plots.plt.gca().lines]))
    return found


def test_a_status_is_red_if_it_is_wrong(drawn: list[Any]) -> None:
    plots.statuses("A title", {"check first": [201, 500], "insert and catch": [201, 409]})
    assert [to_hex(each.get_facecolor()) for each in drawn] == [
        colours.RIGHT,
        colours.WRONG,
        colours.RIGHT,
        colours.RIGHT,
    ]


def test_a_bar_a_line_and_a_dot_are_red_if_they_are_wrong_and_right_ones_differ_in_more_than_colour(
    drawn: list[Any],
) -> None:
    plots.bars("A title", {"wrong": 2, "right": 1})
    plots.lines("A title", {"wrong": [(0, 1), (1, 2)], "right": [(0, 1), (1, 1)]})
    plots.dots("A title", {"right": [1, 2, 3]}, looks=[plots.RIGHT])
    wrong_bar, right_bar, wrong_line, right_line, dots, _median = drawn
    assert to_hex(wrong_bar.get_facecolor()) == wrong_line.get_color() == colours.WRONG
    assert to_hex(right_bar.get_facecolor()) == right_line.get_color() == dots.get_color() == colours.RIGHT
    assert wrong_bar.get_hatch() != right_bar.get_hatch()
    assert wrong_line.get_linestyle() != right_line.get_linestyle()
    assert wrong_line.get_marker() != right_line.get_marker()


def test_what_is_neither_right_nor_wrong_has_to_say_so() -> None:
    with pytest.raises(ValueError, match="zip"):
        plots.bars("A title", {"one": 1, "two": 2, "three": 3})


def test_no_plot_has_a_colour_of_its_own() -> None:
    folder = Path(str(colours.__file__)).parent
    own = re.compile(r"#[0-9a-fA-F]{6}\b|[\"'](?:tab:)?(?:red|crimson|firebrick|C\d)[\"']")
    named = {path.name for path in folder.rglob("*.py") if own.search(path.read_text(encoding="utf-8"))}
    assert named == {"colours.py"}
