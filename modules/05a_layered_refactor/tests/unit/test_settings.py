"""The settings."""

import logging
import re
import sys

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import make_url

from app.core.settings import Settings, asyncpg_url, load_settings, long_enough, refuse_to_start, what_is_wrong

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
    url = make_url(translated(f"{scheme}://ana:hunter2@db:6543/notes"))

    assert url.drivername == "postgresql+asyncpg"
    assert (url.username, url.password, url.host, url.port, url.database) == ("ana", "hunter2", "db", 6543, "notes")


def test_a_unix_socket_is_a_host_too():
    url = make_url(translated("postgresql://postgres:@/postgres?host=/var/run/postgresql"))

    assert (url.host, url.query["host"], url.database) == (None, "/var/run/postgresql", "postgres")


def test_sslmode_gets_the_name_that_asyncpg_knows():
    assert dict(make_url(translated("postgresql://db/notes?sslmode=require")).query) == {"ssl": "require"}


def test_channel_binding_is_left_to_the_driver():
    url = make_url(translated("postgresql://db/notes?channel_binding=prefer&sslmode=require"))

    assert dict(url.query) == {"ssl": "require"}


def test_a_password_with_special_characters_arrives_whole():
    assert make_url(translated("postgres://ana:p%40s,s%2Fw%25rd@db/notes")).password == "p@s,s/w%rd"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "db.example.com",
        "postgresql://ana:hunter2@db.example.com:five/notes",
        "postgresql://ana:hunter2@db.example.com:hunter2/notes",
        "postgresql://ana:hunter2",
        "mysql://ana:hunter2@db.example.com/notes",
        "postgresql://ana:hunter2@db.example.com:70000/notes",
        "postgresql://ana:hunter2@db.example.com:99999/notes",
        "postgresql://ana:hunter2@db.example.com:0/notes",
        "postgresql://ana:hunter2@.railway.internal:5432/notes",
        f"postgresql://ana:hunter2@{'x' * 64}.example.com/notes",
        "postgresql://ana:hunter2@db.example.com/notes?pgbouncer=true",
        "postgresql://ana:hunter2@db.example.com/notes?sslmode=require&sslmode=disable",
        "postgresql://ana:hunter2@db.example.com/notes?ssl=require&sslmode=disable",
        "postgresql://ana:hunter2@db.example.com/notes?channel_binding=prefer&channel_binding=disable",
        "postgresql://ana:hunter2@/notes?host=/tmp&host=/var",
        "postgresql://ana:hunter2@db.example.com:5432,two:5432/notes?target_session_attrs=read-write",
        "postgresql://ana:hunter2@db.example.com,two/notes",
        "postgresql://ana:hunter2@/notes?host=db.example.com,two",
    ],
)
def test_a_bad_database_url_is_refused_and_nothing_of_it_is_shown(url):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (in whatever words)
        translated(url)

    assert str(caught.value)
    assert "hunter2" not in str(caught.value)
    shown = [part for part in ("db.example", *url.partition("?")[2:]) if part and part in str(caught.value)]
    assert shown == []


def test_white_space_around_a_value_is_not_part_of_it():
    settings = Settings(_env_file=None, database_url=f" {GOOD_URL}\n", jwt_secret=f"{GOOD_SECRET}\r\n")

    assert make_url(settings.database_url.get_secret_value()).database == "notes"
    assert settings.jwt_secret.get_secret_value() == GOOD_SECRET


def test_a_secret_of_32_bytes_is_long_enough():
    assert long_enough(SecretStr("é" * 16)).get_secret_value() == "é" * 16


@pytest.mark.parametrize("key", ["supersecret", GOOD_SECRET[1:]], ids=["11 bytes", "31 bytes"])
def test_a_shorter_secret_is_refused_and_not_shown(key):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (in whatever words)
        long_enough(SecretStr(key))

    assert str(caught.value).strip()
    assert key not in str(caught.value)


def test_who_is_refused_is_told_both_lengths_and_how_to_make_a_secret():
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (in whatever words)
        long_enough(SecretStr("supersecret"))

    message = str(caught.value)
    assert "token_hex" in message
    lengths_not_told = {"11", "32"} - set(re.findall(r"\d+", message.replace("token_hex(32)", "")))
    assert lengths_not_told == set()


def test_what_is_missing_is_named_in_one_line(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("JWT_SECRET", raising=False)

    line = problem_with()

    assert line.splitlines()[1:] == []
    assert "DATABASE_URL" in line
    assert "JWT_SECRET" in line


def test_what_is_bad_is_named_without_its_value():
    line = problem_with(database_url="mysql://ana:hunter2@db/notes", jwt_secret=GOOD_SECRET, bcrypt_rounds="99 secret")

    assert line.splitlines()[1:] == []
    assert "DATABASE_URL" in line
    assert "BCRYPT_ROUNDS" in line
    assert "JWT_SECRET" not in line
    assert "hunter2" not in line
    assert "99 secret" not in line


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({}, {"jwt_secret": "short"}, id="missing and too short"),
        pytest.param(
            {"jwt_secret": GOOD_SECRET, "bcrypt_rounds": "99"},
            {"jwt_secret": GOOD_SECRET, "bcrypt_rounds": "twelve"},
            id="too large and no number",
        ),
    ],
)
def test_two_problems_of_one_variable_are_told_in_different_words(nothing_set, one, other):
    lines = {problem_with(database_url=GOOD_URL, **one), problem_with(database_url=GOOD_URL, **other)}
    number_of_different_lines = len(lines)

    assert number_of_different_lines == 2, f"both times the line was {lines.pop()!r}"


def written_to_stderr(capsys) -> str:
    output = capsys.readouterr()
    sys.stdout.write(output.out)  # pytest shows it if the test fails
    return output.err


def test_a_bad_variable_ends_the_program_with_one_line_and_status_3(monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", GOOD_URL)
    monkeypatch.setenv("JWT_SECRET", "supersecret")

    with pytest.raises(SystemExit) as caught:
        load_settings()

    assert caught.value.code == 3
    line = written_to_stderr(capsys)
    assert line.splitlines()[1:] == []
    assert "JWT_SECRET" in line
    assert "supersecret" not in line


def test_a_refused_start_switches_the_servers_own_log_off(monkeypatch):
    log = logging.getLogger("uvicorn.error")
    monkeypatch.setattr(log, "disabled", False)

    with pytest.raises(SystemExit):
        refuse_to_start("JWT_SECRET is missing")

    assert log.disabled


def test_a_file_that_is_not_utf_8_ends_the_program_with_one_line_too(monkeypatch, tmp_path, capsys):
    (tmp_path / ".env").write_bytes("JWT_SECRET=geheimer Schlüssel".encode("latin-1"))
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit) as caught:
        load_settings()

    assert caught.value.code == 3
    line = written_to_stderr(capsys)
    assert line.splitlines()[1:] == []
    assert ".env" in line


def wrong_names(**values: object) -> dict[str, str]:
    """The settings that are missing or bad, by name, and the kind of each problem."""
    with pytest.raises(ValidationError) as caught:
        Settings(**values)
    return {str(problem["loc"][0]).lower(): problem["type"] for problem in caught.value.errors()}


@pytest.fixture
def nothing_set(monkeypatch, tmp_path):
    """A folder without a .env, and an environment without the app's variables."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DATABASE_DIRECT_URL", "JWT_SECRET", "JWT_EXPIRES_MINUTES", "BCRYPT_ROUNDS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("name", ["database_url", "jwt_secret"])
def test_a_secret_has_no_default(name):
    assert Settings.model_fields[name].is_required()


def test_what_has_no_default_has_to_be_set(nothing_set):
    assert wrong_names() == {"database_url": "missing", "jwt_secret": "missing"}


def test_what_has_a_default_may_be_left_out():
    settings = Settings.model_construct()

    assert (settings.jwt_expires_minutes, settings.bcrypt_rounds) == (60, 12)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jwt_expires_minutes", 0),
        ("jwt_expires_minutes", 60 * 24 * 365 + 1),
        ("jwt_expires_minutes", "soon"),
        ("bcrypt_rounds", 3),
        ("bcrypt_rounds", 17),
    ],
)
def test_a_number_out_of_its_range_is_refused(nothing_set, name, value):
    refused = wrong_names(**{name: value})

    assert name in refused


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jwt_expires_minutes", 1),
        ("jwt_expires_minutes", 60 * 24 * 365),
        ("bcrypt_rounds", 4),
        ("bcrypt_rounds", 16),
    ],
)
def test_the_ends_of_a_range_belong_to_it(nothing_set, name, value):
    refused = wrong_names(**{name: value})

    assert name not in refused


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("database_url", "mysql://ana:hunter2@db.example.com/notes", id="database_url by asyncpg_url"),
        pytest.param("jwt_secret", "postgresql://db/notes", id="jwt_secret by long_enough"),
    ],
)
def test_a_secret_is_checked_by_its_function(nothing_set, name, value):
    try:
        checked = name in wrong_names(**{name: value})
    except NotImplementedError:  # the function is called, and not written yet
        checked = True

    assert checked, f"{name} took {value!r}"


def test_a_secret_is_of_a_type_that_is_not_shown():
    fields = Settings.model_json_schema()["properties"]

    # So pydantic describes a SecretStr.
    shown = [name for name in ("database_url", "jwt_secret") if fields[name].get("format") != "password"]
    assert shown == []


def test_a_variable_is_read_from_the_environment(nothing_set, monkeypatch):
    monkeypatch.setenv("BCRYPT_ROUNDS", "not a number")

    refused = wrong_names()

    assert "bcrypt_rounds" in refused


def test_a_variable_is_read_from_the_dot_env_file_and_the_environment_wins(nothing_set, monkeypatch):
    text = "\ufeffBCRYPT_ROUNDS=99\nJWT_EXPIRES_MINUTES=99999999\nOF_ANOTHER_PROGRAM=1\n"
    (nothing_set / ".env").write_text(text, encoding="utf-8")
    monkeypatch.setenv("JWT_EXPIRES_MINUTES", "5")

    assert set(wrong_names()) == {"database_url", "jwt_secret", "bcrypt_rounds"}


def test_the_settings_are_filled_in_and_can_be_printed_without_giving_a_secret_away(nothing_set, monkeypatch):
    (nothing_set / ".env").write_text(f"DATABASE_URL={GOOD_URL}\nJWT_SECRET=of the file\n", encoding="utf-8")
    monkeypatch.setenv("JWT_SECRET", GOOD_SECRET)

    settings = Settings()

    assert make_url(settings.database_url.get_secret_value()).host == "db.example.com"
    assert settings.jwt_secret.get_secret_value() == GOOD_SECRET
    assert "hunter2" not in f"{settings!r} {settings}"
    assert GOOD_SECRET not in f"{settings!r} {settings}"


def test_a_bad_address_of_the_database_itself_is_named_too():
    problem = problem_with(
        database_url=GOOD_URL, jwt_secret=GOOD_SECRET, database_direct_url="mysql://ana:hunter2@db/x"
    )

    assert problem.startswith("DATABASE_DIRECT_URL ")
    assert "hunter2" not in problem
