"""What `course run` says of migrations: why one failed, and that models and database differ."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from course import environment
from course.errors import CourseError
from course.machine import ladder, migrations
from course.stages import CAPSTONE, Stage, stage_by_id

pytestmark = pytest.mark.usefixtures("warm_stage")
COLUMN = "    body: Mapped[str] = mapped_column(Text)\n"


@pytest.fixture
def copy(tmp_path: Path) -> Stage:
    """A copy of the capstone, which a test may change."""
    shutil.copytree(CAPSTONE.folder, tmp_path / "capstone", ignore=shutil.ignore_patterns("__pycache__", "tests", ".*"))
    return replace(CAPSTONE, path=str(tmp_path / "capstone"))


def test_a_model_without_a_migration_is_told_with_the_command_that_drafts_it(
    copy: Stage, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("COURSE_POSTGRES", "url")
    env = environment.child(JWT_SECRET=migrations.jwt_secret())
    comment = copy.folder / "app" / "models" / "comment.py"
    text = comment.read_text(encoding="utf-8")
    comment.write_text(text.replace(COLUMN, f"{COLUMN}    mood: Mapped[str | None] = mapped_column(Text)\n"), "utf-8")
    told = migrations.migrate(copy, env)
    assert "differ (added column 'comments.mood')" in told
    assert 'course db migration "what has changed" 06' in told
    assert "add_column('comments'" in Path(migrations.draft_migration(copy, "add moods")).read_text(encoding="utf-8")
    with pytest.raises(CourseError, match="say the same: there is nothing to draft"):  # the draft is what was missing
        migrations.draft_migration(copy, "again")


def test_a_migration_that_others_build_on_is_drafted_at_its_place(
    copy: Stage, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("COURSE_POSTGRES", "url")
    missing = copy.folder / "migrations" / "versions" / "0003_comments.py"
    missing.unlink()
    assert migrations.draft_migration(copy, "comments") == str(missing)
    text = missing.read_text(encoding="utf-8")
    assert re.findall(r"^(?:down_)?revision = .*", text, re.MULTILINE) == [
        "revision = '0003'",
        "down_revision = '0002'",
    ]
    assert "create_table('comments'" in text
    assert "create_table('users'" not in text


def test_a_draft_does_not_depend_on_what_another_copy_has_made_of_the_database(
    copy: Stage, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_POSTGRES", "url")
    with ladder.fresh_database(ladder.Server("url", database_url, "another")) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        migrations.migrate(CAPSTONE, environment.child(JWT_SECRET=migrations.jwt_secret()))  # comments among the tables
        versions = copy.folder / "migrations" / "versions"
        for path in versions.glob("*.py"):
            if path.name[:4] > "0002":
                path.unlink()
        drafted = Path(migrations.draft_migration(copy, "comments"))
        assert drafted.name == "0003_comments.py"
        assert "create_table('comments'" in drafted.read_text(encoding="utf-8")


def test_a_migration_that_fails_is_told_by_its_reason(copy: Stage, database_url: str) -> None:
    newest = max((copy.folder / "migrations" / "versions").glob("*.py"))
    broken = newest.with_name("9999_broken.py")
    broken.write_text(
        f'from alembic import op\n\nrevision = "9999"\ndown_revision = "{newest.name[:4]}"\n\n\n'
        'def upgrade() -> None:\n    op.execute("ALTER TABLE nowhere ADD x integer")\n',
        encoding="utf-8",
    )
    with ladder.fresh_database(ladder.Server("url", database_url, "broken")) as url:
        env = environment.child(DATABASE_URL=url, JWT_SECRET=migrations.jwt_secret())
        with pytest.raises(CourseError, match=r'failed: relation "nowhere" does not exist .see '):
            migrations.migrate(copy, env)


def test_a_database_that_another_copy_has_migrated_is_told_with_the_way_out(tmp_path: Path, database_url: str) -> None:
    layered = stage_by_id("05a")
    shutil.copytree(layered.folder, tmp_path / "05a", ignore=shutil.ignore_patterns("__pycache__", "tests", ".*"))
    copy = replace(layered, path=str(tmp_path / "05a"))
    with ladder.fresh_database(ladder.Server("url", database_url, "ahead")) as url:
        env = environment.child(DATABASE_URL=url, JWT_SECRET=migrations.jwt_secret())
        migrations.migrate(copy, env)
        max((copy.folder / "migrations" / "versions").glob("*.py")).unlink()
        with pytest.raises(
            CourseError, match=r"Another copy has migrated this database: empty it with course db reset 05a"
        ):
            migrations.migrate(copy, env)
