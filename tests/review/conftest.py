"""Which stage is reviewed; its programs have their libraries imported already."""

import re
from collections.abc import Iterator

import pytest

from course.author import warm
from course.stages import STAGES

LIBRARIES = (
    *("alembic.config", "alembic.autogenerate", "asyncpg", "bcrypt", "fastapi", "jwt", "pydantic_settings"),
    *("sqlalchemy.dialects.postgresql.asyncpg", "sqlalchemy.ext.asyncio", "uvicorn.main"),
)


@pytest.fixture(scope="session", autouse=True)
def warm_programs() -> Iterator[None]:
    with warm.pythons(re.compile(r"-m (uvicorn|alembic) |-c \nimport importlib"), LIBRARIES):
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--stage", default="04", choices=[stage.id for stage in STAGES], help="the stage that is reviewed")
    parser.addoption("--whole", action="store_true", help="whole reviews too, and all known bugs: for a quiet machine")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Function]) -> None:
    """Leave out what is another stage's, and whole reviews but the quickest: what they measure wavers."""
    stage, whole = config.getoption("--stage"), config.getoption("--whole")
    left_out = [
        item
        for item in items
        if ("plant" in item.fixturenames and stage != "05a")
        or ("lacks" in item.fixturenames and not (whole or stage == "05b"))
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
