"""How the app starts, and how it says that it can't."""

import sys

import httpx
import pytest
import uvicorn
from sqlalchemy import make_url, select
from sqlalchemy.exc import DBAPIError

from app.core.db import NoDatabase, make_engine, why_no_database
from app.core.migrations import migrate
from app.core.settings import Settings
from app.models import Product

UNUSED_PORT = 1  # nobody listens there


async def test_health_answers_without_a_database(bare_app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bare_app), base_url="http://test") as client:
        response = await client.get("/health")

    assert response.status_code == 200
    assert response.json() == {"ok": True}


async def test_health_answers_head_as_well(bare_app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bare_app), base_url="http://test") as client:
        response = await client.head("/health")

    assert response.status_code == 200


def test_a_bad_variable_ends_the_start_with_one_line(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "app.main", raising=False)  # so that the server imports it anew
    monkeypatch.setenv("JWT_SECRET", "supersecret")

    with pytest.raises(SystemExit) as caught:
        uvicorn.Config("app.main:app", log_config=None).load()

    assert caught.value.code == 3
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("JWT_SECRET is 11 bytes; it needs at least 32. Make one: python -c ")


async def test_a_database_that_is_not_there_ends_the_start_with_one_line(monkeypatch, capsys):
    from app.main import create_app, lifespan

    nobody = f"postgresql://ana:hunter2@127.0.0.1:{UNUSED_PORT}/notes"
    app = create_app(Settings(_env_file=None, database_url=nobody, jwt_secret="x" * 32))

    with pytest.raises(SystemExit, match="3"):
        async with lifespan(app):
            pass

    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("DATABASE_URL: the database does not answer (")
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(111, "Connect call failed"), "[Errno 111] Connect call failed"),
        (OSError("Multiple exceptions:\n first,\n second"), "Multiple exceptions: first, second"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_a_server_that_does_not_answer_is_told_in_one_line(error, reason):
    assert why_no_database(error, make_url("postgresql://")) == (
        f"DATABASE_URL: the database does not answer ({reason}). Is its server up, and is the URL right?"
    )


async def test_which_of_two_urls_is_wrong_is_told(settings):
    nobody = "postgresql://127.0.0.1:1/nowhere"
    wrong = Settings(_env_file=None, database_url=nobody, database_direct_url=nobody, jwt_secret="x" * 32)
    with pytest.raises(NoDatabase, match=r"^DATABASE_DIRECT_URL: the database does not answer"):
        await migrate(wrong)
    with pytest.raises(NoDatabase, match=r"^DATABASE_URL: the database does not answer"):
        await migrate(wrong.model_copy(update={"database_direct_url": None}))


async def test_a_database_that_does_not_exist_is_told_in_one_line(settings):
    url = make_engine(settings).url.set(database="nowhere_test").render_as_string(hide_password=False)
    engine = make_engine(Settings(_env_file=None, database_url=url, jwt_secret="x" * 32))

    with pytest.raises(DBAPIError) as caught:
        await engine.connect()

    assert why_no_database(caught.value, engine.url) == (
        'DATABASE_URL: the database does not answer (database "nowhere_test" does not exist). '
        "Is its server up, and is the URL right?"
    )
    await engine.dispose()


async def test_the_app_brings_its_tables_up_to_date_at_its_start(empty_settings, empty_engine):
    from app.main import create_app, lifespan

    app = create_app(empty_settings)
    async with lifespan(app), app.state.sessionmaker() as session:
        assert list(await session.scalars(select(Product))) == []
