"""Faults that only show in an app that the review starts itself, planted in a copy of 05a, and not in the copy."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from course.deploy.review import review
from course.deploy.review.serving import plan
from course.machine.material.bugs import broken_copy
from course.stages import stage_by_id

STAGE = stage_by_id("05a")


def nothing(folder: Path) -> None:
    """Leave it as it is."""


def ends_too_soon(folder: Path) -> None:
    python = Path(sys.executable).as_posix()
    start = f"'{python}' -m uvicorn {STAGE.app} --port {{port}} --timeout-graceful-shutdown 1"
    text = f'start = "{start}"\n[set]\nBCRYPT_ROUNDS = 14\n'
    (folder / "review.toml").write_text(text, encoding="utf-8")


def no_way_back(folder: Path) -> None:
    newest = sorted((folder / "migrations" / "versions").glob("*.py"))[-1]
    change(newest, "def downgrade() -> None:\n", "def downgrade() -> None:\n    raise NotImplementedError\n")


def one_column_more(folder: Path) -> None:
    change(folder / "app" / "models" / "product.py", "    quantity:", "    colour: Mapped[str | None]\n    quantity:")


def default_secret(folder: Path) -> None:
    start = folder / "app" / "__init__.py"
    start.write_text(f"import os\n\nos.environ.setdefault('JWT_SECRET', {'x' * 32!r})\n", encoding="utf-8")


def file_of_variables(folder: Path) -> None:
    (folder / ".env").write_text(f"DATABASE_URL=postgresql://nowhere/\nJWT_SECRET={'x' * 32}\n", encoding="utf-8")


def change(path: Path, find: str, replace: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert find in text
    path.write_text(text.replace(find, replace, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("plant", "probe", "found"),
    [
        (nothing, "sigterm, migrations, variables", set()),
        (ends_too_soon, "sigterm", {"cut-off"}),
        (no_way_back, "migrations", {"migration-fails"}),
        (one_column_more, "migrations up", {"models-differ"}),
        (default_secret, "variables", {"starts-without"}),
        (file_of_variables, "variables", set()),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
def test_what_is_planted_is_found(plant: Callable[[Path], None], probe: str, found: set[str]) -> None:
    with broken_copy(STAGE) as folder:
        plant(folder)
        with review.of_folder(plan(folder, STAGE.app), seconds=300, requests=5000) as target:
            seen = review.ask(target, probe.split(", "))
    assert {each.kind for each in seen.findings} == found
    assert not seen.not_judged
