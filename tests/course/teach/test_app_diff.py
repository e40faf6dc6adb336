"""The lines that make the difference between right and wrong, as a notebook shows them."""

import pytest

from course.errors import UsageError
from course.machine.material.diff import Change
from course.teach import App, colours
from course.teach.shown import Diff
from course.teach.stage_supervisor import Served, Wish


class NoSupervisor:
    is_up = False


def app(stage_id: str, *bugs: str) -> App:
    """As `stage()` returns it, but without a server."""
    served = Served("http://127.0.0.1:1", "postgresql://nowhere/none", "secret", "folder", "output", "statements")
    return App(Wish(stage_id, list(bugs)), NoSupervisor(), served)


def test_a_bug_is_shown_as_the_lines_that_differ() -> None:
    lines = repr(app("04", "registration-race").diff()).splitlines()
    assert lines[:3] == ["--- right", "+++ wrong", "# routers/auth.py"]
    assert "-except IntegrityError as error:" in lines
    assert "+if await session.scalar(select(User).where(User.email == new.email)):" in lines
    assert len(lines) <= 20


def test_places_that_are_near_are_told_without_the_empty_lines_between_them() -> None:
    lines = app("04", "bcrypt-on-the-loop").diff().lines
    assert lines[3].strip().startswith('"""Return the password')
    assert "".join(line[:1] for line in lines[4:]) == "-+   -+"


def test_several_bugs_are_shown_together() -> None:
    shown = repr(app("04", "timing-oracle", "signature-not-checked").diff())
    assert "# routers/auth.py" in shown
    assert "# core/auth.py" in shown
    assert '"verify_signature": False' in shown


def test_places_that_are_apart_are_told_apart_and_imports_are_left_out() -> None:
    shown = repr(app("06", "offset-pages").diff())
    assert shown.count("\n...\n") == 1
    assert "import" not in repr(app("05a", "lost-update").diff())


def test_a_comment_beside_a_change_is_left_out_as_it_may_tell_what_comes_of_it() -> None:
    lines = app("05a", "answer-before-commit").diff().lines
    assert [line[0] for line in lines] == ["-", "+", "#", "-", "+"]


def test_a_notebook_shows_it_in_the_colours_of_right_and_wrong_and_escaped() -> None:
    page = app("06", "search-with-wildcards").diff()._repr_html_()
    for start, colour in (("-MATCHES", colours.RIGHT), ("+MATCHES", colours.WRONG)):
        [line] = [line for line in page.splitlines() if start in line]
        assert f"background-color: {colour};" in line
    assert "+&lt;b&gt;</span>" in Diff([Change("a.html", "a.html", ("@@ -1 +1 @@", "-<i>", "+<b>"))])._repr_html_()


def test_a_stage_without_a_bug_has_no_lines_to_show() -> None:
    with pytest.raises(UsageError, match=r"stage\('04', bug=\.\.\.\)"):
        app("04").diff()


def luminance(colour: str) -> float:
    """As WCAG defines it: 0 is black, 1 is white."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(
    ("one", "other"),
    [(colours.WRONG, colours.RIGHT), colours.NEITHER, (colours.WRONG, "#ffffff"), (colours.RIGHT, "#000000")],
)
def test_what_is_compared_is_told_apart_without_colours(one: str, other: str) -> None:
    low, high = sorted([luminance(one), luminance(other)])
    assert (high + 0.05) / (low + 0.05) >= 2.5
