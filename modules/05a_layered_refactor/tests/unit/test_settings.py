"""The settings."""

import os

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import make_url

from app.core.settings import Settings, asyncpg_url, load_settings, long_enough, what_is_wrong

GOOD_URL = "postgresql://ana:hunter2@db.example.com:5432/notes"
GOOD_SECRET = "0123456789abcdef0123456789abcdef"


def translated(url: str) -> str:
    return asyncpg_url(SecretStr(url)).get_secret_value()


def problem_with(**values: object) -> str:
    """What the start would say about these settings."""
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, **values)
    return what_is_wrong(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_a_database_url_is_taken_as_any_host_hands_it_out(scheme):
    assert translated(f"{scheme}://ana:hunter2@db/notes") == "postgresql+asyncpg://ana:hunter2@db/notes"


def test_a_unix_socket_is_a_host_too():
    url = make_url(translated("postgresql://postgres:@/postgres?host=/var/run/postgresql"))

    assert (url.host, url.query["host"], url.database) == (None, "/var/run/postgresql", "postgres")


def test_a_url_may_have_every_option_that_the_app_knows():
    options = make_url(translated("postgresql:///notes?host=db&port=65535&sslmode=disable")).query

    assert options == {"host": "db", "port": "65535", "ssl": "disable"}


def test_the_last_port_is_a_port():
    assert make_url(translated("postgresql://db:65535/notes")).port == 65535


def test_sslmode_gets_the_name_that_asyncpg_knows():
    assert translated("postgresql://db/notes?sslmode=require").endswith("/notes?ssl=require")


def test_channel_binding_is_left_to_the_driver():
    assert translated("postgresql://db/notes?channel_binding=prefer&sslmode=require").endswith("/notes?ssl=require")


def test_a_password_with_special_characters_arrives_whole():
    assert make_url(translated("postgres://ana:p%40ss%2Fw%25rd@db/notes")).password == "p@ss/w%rd"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "is not a URL"),
        ("db.example.com", "is not a URL"),
        ("postgresql://ana:hunter2@db:five/notes", "is not a URL"),
        ("mysql://ana:hunter2@db/notes", "must start with postgresql://"),
        ("postgresql://ana:hunter2@db:70000/notes", "has a port that is no number up to 65535"),
        ("postgresql://ana:hunter2@/notes?host=/run/pg&port=five", "has a port that is no number up to 65535"),
        ("postgresql://ana:hunter2@db/notes?port=70000", "has a port that is no number up to 65535"),
        ("postgresql://ana:hunter2@db:99999/notes", "has a port that is no number up to 65535"),
        ("postgresql://ana:hunter2@db/notes?pgbouncer=true", "has an option after the ? that this app does not know"),
        ("postgresql://ana:hunter2@db/notes?sslmode=require&sslmode=require", "has an option after the ? twice"),
        ("postgresql://ana:hunter2@db/notes?sslmode=maybe", "has an sslmode that is none of disable, allow"),
        ("postgresql://ana:hunter2@h1:5432,h2:5432/notes?target_session_attrs=read-write", "names several hosts"),
        ("postgresql://ana:hunter2@/notes?host=h1,h2", "names several hosts"),
    ],
)
def test_a_bad_database_url_is_refused_and_its_password_is_not_shown(url, problem):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (its text is compared below)
        translated(url)

    assert str(caught.value).startswith(problem)
    assert "hunter2" not in str(caught.value)


def test_white_space_around_a_url_is_not_part_of_it():
    assert translated(" \tpostgresql://db/notes\r\n") == "postgresql+asyncpg://db/notes"


def test_a_comma_in_a_password_makes_no_second_host():
    assert make_url(translated("postgresql://ana:one,two@db/notes")).password == "one,two"


def test_what_other_programs_take_from_the_environment_changes_nothing(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/notes")
    monkeypatch.setenv("JWT_SECRET", GOOD_SECRET)
    for name in ("PGPORT", "PGSSLMODE", "PGUSER", "PGPASSFILE", "PGSERVICE"):
        monkeypatch.setenv(name, "5433")

    load_settings()

    assert not [name for name in os.environ if name.startswith("PG")]


def test_a_secret_of_32_bytes_is_long_enough():
    assert long_enough(SecretStr("é" * 16)).get_secret_value() == "é" * 16


def test_a_shorter_secret_is_refused_with_the_way_to_make_a_better_one():
    with pytest.raises(ValueError, match=r"is 11 bytes; it needs at least 32\. Make one: python -c") as caught:
        long_enough(SecretStr("supersecret"))

    assert "supersecret" not in str(caught.value)


def test_what_is_missing_is_named_in_one_line(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("JWT_SECRET", raising=False)

    assert problem_with() == (
        "DATABASE_URL is missing: set it in the environment or in a file named .env; "
        "JWT_SECRET is missing: set it in the environment or in a file named .env"
    )


def test_what_is_bad_is_named_without_its_value():
    problem = problem_with(
        database_url="mysql://ana:hunter2@db/notes", jwt_secret=GOOD_SECRET, bcrypt_rounds="99 secret"
    )

    assert problem == (
        "DATABASE_URL must start with postgresql://; "
        "BCRYPT_ROUNDS: Input should be a valid integer, unable to parse string as an integer"
    )


def test_a_bad_variable_ends_the_program_with_one_line_and_status_3(monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", GOOD_URL)
    monkeypatch.setenv("JWT_SECRET", "supersecret")

    with pytest.raises(SystemExit) as caught:
        load_settings()

    assert caught.value.code == 3
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("JWT_SECRET is 11 bytes; it needs at least 32. Make one: python -c ")


def test_a_file_that_is_not_utf_8_ends_the_program_with_one_line_too(monkeypatch, tmp_path, capsys):
    (tmp_path / ".env").write_bytes("JWT_SECRET=geheimer Schlüssel".encode("latin-1"))
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit) as caught:
        load_settings()

    assert caught.value.code == 3
    assert capsys.readouterr().err == "The file .env is not in UTF-8: save it as UTF-8\n"


def test_a_file_named_env_is_read_and_the_environment_wins_over_it(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text(
        f"\ufeffDATABASE_URL={GOOD_URL}\nJWT_SECRET=from the file, {GOOD_SECRET}\nOF_ANOTHER_PROGRAM=1\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("JWT_SECRET", f"from the environment, {GOOD_SECRET}")

    settings = Settings()

    assert settings.database_url.get_secret_value() == GOOD_URL.replace("postgresql:", "postgresql+asyncpg:")
    assert settings.jwt_secret.get_secret_value() == f"from the environment, {GOOD_SECRET}"


def test_the_settings_can_be_printed_without_giving_a_secret_away():
    settings = Settings(_env_file=None, database_url=GOOD_URL, jwt_secret=GOOD_SECRET)

    assert "hunter2" not in repr(settings)
    assert GOOD_SECRET not in repr(settings)
