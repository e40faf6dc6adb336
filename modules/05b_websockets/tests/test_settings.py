"""The settings, and what happens when they are wrong."""

import os

import pytest
from pydantic import SecretStr, ValidationError

from settings import Settings, asyncpg_url, load_settings, what_is_wrong

GOOD_URL = "postgresql://ana:hunter2@db.example.com:5432/rooms"
GOOD_SECRET = "s3cret" * 6
GOOD = {"database_url": GOOD_URL, "jwt_secret": GOOD_SECRET}


def translated(url: str) -> str:
    return asyncpg_url(SecretStr(url)).get_secret_value()


def problem_with(**values: object) -> str:
    """What the start would say about these settings."""
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, **(GOOD | values))
    return what_is_wrong(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_a_database_url_is_taken_as_any_host_hands_it_out(scheme):
    assert translated(f"{scheme}://ana:p%40ss@db:5432/rooms") == "postgresql://ana:p%40ss@db:5432/rooms"


def test_white_space_around_a_url_is_not_part_of_it():
    assert translated(" \tpostgresql://db/rooms\r\n") == "postgresql://db/rooms"


def test_a_comma_in_a_password_makes_no_second_host():
    assert translated("postgresql://ana:one,two@db/rooms") == "postgresql://ana:one,two@db/rooms"


def test_what_other_programs_take_from_the_environment_changes_nothing(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", GOOD_URL)
    monkeypatch.setenv("JWT_SECRET", GOOD_SECRET)
    for name in ("PGPORT", "PGSSLMODE", "PGUSER", "PGPASSFILE", "PGSERVICE"):
        monkeypatch.setenv(name, "5433")

    load_settings()

    assert not [name for name in os.environ if name.startswith("PG")]


def test_a_unix_socket_is_a_host_too():
    url = "postgresql://postgres:@/postgres?host=/var/run/postgresql"
    assert translated(url) == "postgresql://postgres:@/postgres?host=%2Fvar%2Frun%2Fpostgresql"


def test_the_options_that_hosts_add_are_understood():
    assert translated("postgresql://db/rooms?sslmode=require&channel_binding=prefer") == (
        "postgresql://db/rooms?sslmode=require"
    )
    assert translated("postgresql+asyncpg://db/rooms?ssl=require") == "postgresql://db/rooms?sslmode=require"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "must start with postgresql://"),
        ("mysql://ana:hunter2@db/rooms", "must start with postgresql://"),
        ("postgresql://ana:hunter2@db:five/rooms", "has a port that is no number up to 65535"),
        ("postgresql://ana:hunter2@.railway.internal:5432/rooms", "is not a URL of the form"),
        ("postgresql://ana:hunter2", "has a port that is no number up to 65535"),
        ("postgresql://ana:[hunter2]@db/rooms", "is not a URL of the form"),
        pytest.param(
            "postgresql://ana:hunter2\u2100@db/rooms", "is not a URL of the form", id="a letter that hides a /"
        ),
        ("postgresql://ana:hunter2@db:99999/rooms", "has a port that is no number up to 65535"),
        ("postgresql://ana:hunter2@/rooms?host=/run/pg&port=70000", "has a port that is no number up to 65535"),
        ("postgresql://ana:hunter2@h1:5432,h2:5432/rooms?target_session_attrs=read-write", "names several hosts"),
        ("postgresql://ana:hunter2@/rooms?host=h1,h2", "names several hosts"),
        ("postgresql://ana:hunter2@db/rooms?sslmode=require&sslmode=require", "has an option after the [?] twice"),
        ("postgresql://ana:hunter2@[::1/rooms", "is not a URL of the form"),
        ("postgresql://ana:hunter2@db/rooms?sslmode=maybe", "has an sslmode that is none of disable, allow"),
        ("postgresql://ana:hunter2@db/rooms?pgbouncer=true", "has an option after the [?] that this app does not know"),
    ],
)
def test_a_bad_database_url_is_refused_and_its_password_is_not_shown(url, problem):
    with pytest.raises(ValueError, match=problem) as caught:
        translated(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "origins"),
    [
        ("", set()),
        ("https://app.example.com", {"https://app.example.com"}),
        ("https://app.example.com:443, http://b.example:80", {"https://app.example.com", "http://b.example"}),
        (" https://App.Example.com/ , http://localhost:3000,", {"https://app.example.com", "http://localhost:3000"}),
        ('["https://app.example.com", "http://[::1]:3000"]', {"https://app.example.com", "http://[::1]:3000"}),
    ],
)
def test_allowed_origins_are_a_list(monkeypatch, variable, origins):
    monkeypatch.setenv("ALLOWED_ORIGINS", variable)
    assert Settings(_env_file=None, **GOOD).allowed_origins == origins


@pytest.mark.parametrize("variable", ["*", "app.example.com", "https://app.example.com/page", "[1"])
def test_what_is_no_origin_is_refused(monkeypatch, variable):
    monkeypatch.setenv("ALLOWED_ORIGINS", variable)
    assert problem_with().startswith("ALLOWED_ORIGINS")


def test_each_bad_variable_is_named_in_one_line_and_not_shown(monkeypatch):
    assert problem_with(database_url="mysql://ana:hunter2@db/rooms", client_queue_size=0) == (
        "DATABASE_URL must start with postgresql://; CLIENT_QUEUE_SIZE: Input should be greater than or equal to 1"
    )


def test_a_missing_variable_ends_the_program_with_one_line_and_status_3(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("JWT_SECRET", GOOD_SECRET)
    with pytest.raises(SystemExit) as caught:
        load_settings()
    assert caught.value.code == 3
    assert capsys.readouterr().err == "DATABASE_URL is missing: set it in the environment or in a file named .env\n"


def test_a_file_named_env_is_read_and_the_environment_wins_over_it(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    env_file = f"\ufeffDATABASE_URL={GOOD_URL}\nCLIENT_QUEUE_SIZE=1\nCLOSE_SECONDS=2\nOF_ANOTHER_PROGRAM=yes\n"
    (tmp_path / ".env").write_text(env_file, encoding="utf-8")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("JWT_SECRET", GOOD_SECRET)
    monkeypatch.setenv("CLIENT_QUEUE_SIZE", "7")
    settings = load_settings()
    assert (settings.client_queue_size, settings.close_seconds) == (7, 2)
    assert settings.database_url.get_secret_value() == GOOD_URL


def test_a_file_named_env_in_another_encoding_is_one_line_too(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes("CLOSE_SECONDS=2 # für später".encode("latin-1"))
    with pytest.raises(SystemExit):
        load_settings()
    assert capsys.readouterr().err == "The file .env is not in UTF-8: save it as UTF-8\n"


def test_the_settings_can_be_printed_without_giving_a_secret_away():
    assert "hunter2" not in repr(Settings(_env_file=None, **GOOD))
    assert "s3cret" not in repr(Settings(_env_file=None, **GOOD))


def test_a_secret_that_is_too_short_is_told_by_its_length_alone():
    problem = problem_with(jwt_secret="s3cret")
    assert problem.startswith("JWT_SECRET is 6 bytes; it needs at least 32. Make one: ")
    assert "s3cret" not in problem
