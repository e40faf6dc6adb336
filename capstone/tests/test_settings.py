"""Settings: where they come from, and what is said about bad ones."""

import ssl
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from app.config import settings as settings_module
from app.config.settings import Settings, load_settings
from app.config.values import asyncpg_url
from app.database.engine import connect_args

URL = "postgresql://ana:pass%40word%25@db.example:6543/blog"
SECRET = "x" * 32


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A good environment, and a place for a .env file instead of the stage's own."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("JWT_SECRET", SECRET)
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    return tmp_path / ".env"


def test_the_env_file_is_the_one_in_the_stages_folder() -> None:
    folder = Path(settings_module.__file__).parents[2]
    assert (folder / "app" / "main.py").exists()
    assert folder / ".env" == settings_module.ENV_FILE


@pytest.mark.parametrize(
    "key", ["-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIE\n-----END PRIVATE KEY-----", f"ssh-rsa {'A' * 40}"]
)
def test_a_key_that_signs_otherwise_is_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    monkeypatch.setenv("JWT_SECRET", key)
    with pytest.raises(SystemExit):
        load_settings()
    message = capsys.readouterr().err
    assert message.startswith("JWT_SECRET is one half of a pair of keys")
    assert key[-9:] not in message


def test_the_environment_wins_over_the_env_file(environment: Path) -> None:
    environment.write_text(f"JWT_SECRET={'y' * 40}\nJWT_EXPIRES_MINUTES=5\nSOMEBODY_ELSES=1\n", encoding="utf-8")
    settings = load_settings()
    assert settings.jwt_secret.get_secret_value() == SECRET
    assert settings.jwt_expires_minutes == 5


def test_trusted_proxies_are_networks_with_commas_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().trusted_proxies == ()
    for value in ("100.64.0.0/10, fd00::/8,", "100.64.0.0/10,fd00::/8"):
        monkeypatch.setenv("TRUSTED_PROXIES", value)
        assert [str(network) for network in load_settings().trusted_proxies] == ["100.64.0.0/10", "fd00::/8"]


def test_two_variables_are_enough() -> None:
    assert load_settings().bcrypt_rounds == 12


def test_nothing_secret_is_shown_when_printed() -> None:
    settings = load_settings()
    for text in (repr(settings), str(settings), str(settings.model_dump())):
        assert "pass" not in text.replace("password", "")
        assert SECRET not in text


def message_of(capsys: pytest.CaptureFixture[str]) -> str:
    """Start with the environment as it is; it must fail with status 3 and one line."""
    with pytest.raises(SystemExit) as exit_info:
        load_settings()
    assert exit_info.value.code == 3
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", None, "DATABASE_URL is missing"),
        ("DATABASE_URL", "", "DATABASE_URL is not a URL"),
        ("DATABASE_URL", "hush", "DATABASE_URL is not a URL"),
        ("DATABASE_URL", "mysql://ana:hush@db/blog", "DATABASE_URL must start with postgresql://"),
        ("DATABASE_URL", "sqlite:///hush.db", "DATABASE_URL must start with postgresql://"),
        ("DATABASE_URL", "postgresql://ana:hush@db:port/blog", "DATABASE_URL is not a URL"),
        ("DATABASE_URL", "postgresql://ana:hush@db:hush/blog", "DATABASE_URL is not a URL"),
        ("DATABASE_URL", "postgresql://ana:hush", "DATABASE_URL is not a URL"),
        ("DATABASE_URL", "postgresql://ana:hush@db/blog?colour=red", "that this app does not know"),
        ("DATABASE_DIRECT_URL", "", "DATABASE_DIRECT_URL is not a URL"),
        ("DATABASE_DIRECT_URL", "hush", "DATABASE_DIRECT_URL is not a URL"),
        ("JWT_SECRET", None, "JWT_SECRET is missing"),
        ("JWT_SECRET", "", "JWT_SECRET is 0 bytes; it needs at least 32"),
        ("JWT_SECRET", "hush", "JWT_SECRET is 4 bytes; it needs at least 32"),
        ("JWT_SECRET_PREVIOUS", "", "JWT_SECRET_PREVIOUS is 0 bytes; it needs at least 32"),
        ("JWT_SECRET_PREVIOUS", "hush", "JWT_SECRET_PREVIOUS is 4 bytes; it needs at least 32"),
        ("TOKEN_ISSUER", "", "TOKEN_ISSUER: "),
        ("TOKEN_AUDIENCE", "", "TOKEN_AUDIENCE: "),
        ("BCRYPT_ROUNDS", "hush", "BCRYPT_ROUNDS: "),
        ("BCRYPT_ROUNDS", "3", "BCRYPT_ROUNDS: "),
        ("DATABASE_POOL_SIZE", "", "DATABASE_POOL_SIZE: "),
        ("TRUSTED_PROXIES", "10.0.0.0/8, hush", "TRUSTED_PROXIES: "),
        ("LOG_LEVEL", "hush", "LOG_LEVEL: "),
    ],
)
def test_a_bad_variable_is_named_in_one_line_and_its_value_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str | None, words: str
) -> None:
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    message = message_of(capsys)
    assert words in message
    assert "hush" not in message


def test_two_bad_variables_are_both_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("JWT_SECRET", "hush")
    message = message_of(capsys)
    assert "DATABASE_URL" in message
    assert "JWT_SECRET" in message


def test_an_env_file_that_is_not_text_is_named(environment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environment.write_bytes(b"JWT_SECRET=\xff\xfe")
    assert ".env is not in UTF-8" in message_of(capsys)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_an_address_is_taken_as_hosts_hand_it_out(scheme: str) -> None:
    url = make_url(asyncpg_url(SecretStr(URL.replace("postgresql", scheme))).get_secret_value())
    assert url.drivername == "postgresql+asyncpg"
    assert (url.username, url.password) == ("ana", "pass@word%")
    assert (url.host, url.port, url.database) == ("db.example", 6543, "blog")
    assert url.query == {}


def test_an_address_may_be_a_unix_socket() -> None:
    url = make_url(asyncpg_url(SecretStr("postgresql://postgres@/blog?host=/var/run/postgresql")).get_secret_value())
    assert url.host is None
    assert url.query == {"host": "/var/run/postgresql"}


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require"])
def test_sslmode_goes_on_to_the_driver(mode: str) -> None:
    url = asyncpg_url(SecretStr(f"{URL}?sslmode={mode}&channel_binding=require"))
    assert make_url(url.get_secret_value()).query == {"ssl": mode}
    assert connect_args(url) == {}


@pytest.mark.parametrize("more", ["sslmode=bogus", "ssl=bogus", "sslmode=disable&ssl=require"])
def test_an_sslmode_that_nobody_knows_or_two_of_them_are_refused(more: str) -> None:
    with pytest.raises(ValueError, match="sslmode"):
        asyncpg_url(SecretStr(f"{URL}?{more}"))


@pytest.mark.parametrize(("mode", "checks_name"), [("verify-ca", False), ("verify-full", True)])
def test_a_verified_connection_trusts_the_systems_authorities(mode: str, checks_name: bool) -> None:
    context = connect_args(asyncpg_url(SecretStr(f"{URL}?sslmode={mode}")))["ssl"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname is checks_name


def test_an_app_can_be_made_of_settings_alone() -> None:
    settings = Settings(_env_file=None, database_url=SecretStr(URL), jwt_secret=SecretStr(SECRET))
    assert settings.body_limit_bytes == 2_000_000


def test_allowed_origins_are_listed_with_commas_and_kept_as_browsers_write_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", " https://App.example.com/, http://localhost:3000,https://b.example:443,")
    expected = {"https://app.example.com", "http://localhost:3000", "https://b.example"}
    assert load_settings().allowed_origins == expected


@pytest.mark.parametrize(
    "value", ["*", "app.example.com", "https://a.example/page", "https://ana@a.example", "https://"]
)
def test_what_is_no_origin_ends_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", value)
    assert "ALLOWED_ORIGINS takes origins such as https://app.example.com" in message_of(capsys)
