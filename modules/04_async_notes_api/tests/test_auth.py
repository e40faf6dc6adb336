"""Steps 4.5: passwords and tokens."""

import threading
import time
from datetime import UTC, datetime, timedelta

import anyio
import bcrypt
import jwt
import pytest

from core.auth import create_access_token, decode_access_token, hash_password, verify_password

OTHER_KEY = "another key, which is also 32 bytes or more"
NEVER = object()  # a claim to leave out


async def test_a_password_is_verified_against_its_own_hash_and_no_other():
    hashed = await hash_password("correct horse", rounds=4)

    assert await verify_password("correct horse", hashed)
    assert not await verify_password("correct hors", hashed)


async def test_two_hashes_of_one_password_differ_because_each_has_its_own_salt():
    assert await hash_password("correct horse", rounds=4) != await hash_password("correct horse", rounds=4)


async def test_the_rounds_are_those_that_were_asked_for():
    assert (await hash_password("correct horse", rounds=5)).startswith("$2b$05$")


async def test_bcrypt_never_runs_on_the_event_loop(monkeypatch):
    hashpw, checkpw = bcrypt.hashpw, bcrypt.checkpw
    threads = []

    def noted(function):
        def run(*args, **named):
            threads.append(threading.current_thread())
            return function(*args, **named)

        return run

    monkeypatch.setattr(bcrypt, "hashpw", noted(hashpw))
    monkeypatch.setattr(bcrypt, "checkpw", noted(checkpw))
    await verify_password("correct horse", await hash_password("correct horse", rounds=4))

    assert len(threads) == 2
    assert threading.main_thread() not in threads


async def test_no_more_than_two_passwords_are_worked_on_at_once(monkeypatch):
    third = threading.Barrier(3)
    numbers = []

    def wait_for_two_others(plain, hashed):
        try:
            third.wait(timeout=0.3)
            numbers.append(3)
        except threading.BrokenBarrierError:
            numbers.append(2)  # or one, on a busy machine
        return b"hashed"

    async def most_at_once(work):
        numbers.clear()
        third.reset()
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(work)
        return max(numbers)

    monkeypatch.setattr(bcrypt, "hashpw", wait_for_two_others)
    monkeypatch.setattr(bcrypt, "checkpw", wait_for_two_others)
    at_once = {
        "hash_password": await most_at_once(lambda: hash_password("correct horse", rounds=4)),
        "verify_password": await most_at_once(lambda: verify_password("correct horse", "hashed")),
    }

    assert at_once["hash_password"] == 2
    assert at_once["verify_password"] == 2


@pytest.fixture
def nine_hours_ahead_of_utc(monkeypatch):
    """The machine's clock is in a zone that is not UTC. Windows can't be told so: there it stays in its own."""
    set_zone = getattr(time, "tzset", lambda: None)
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "JST-9")  # this way of writing it needs no list of zones
        set_zone()
        yield
    set_zone()


def test_a_token_says_whose_it_is_and_until_when(settings, nine_hours_ahead_of_utc):
    settings = settings.model_copy(update={"jwt_expires_minutes": 90})
    before = datetime.now(UTC).replace(microsecond=0)
    token = create_access_token(7, settings)

    claims = jwt.decode(token, settings.jwt_secret.get_secret_value(), algorithms=["HS256"])
    missing_claims = {"sub", "iat", "exp"} - claims.keys()
    assert missing_claims == set()
    assert claims["sub"] == "7"
    assert claims["exp"] - claims["iat"] == settings.jwt_expires_minutes * 60
    assert datetime.fromtimestamp(claims["iat"], UTC) >= before


def test_a_token_is_signed_with_hs256(settings):
    assert jwt.get_unverified_header(create_access_token(7, settings))["alg"] == "HS256"


def token(settings, *, key=None, algorithm="HS256", **changes):
    """A good token, with these changes."""
    claims = {"sub": "7", "iat": datetime.now(UTC), "exp": datetime.now(UTC) + timedelta(minutes=5), **changes}
    claims = {name: value for name, value in claims.items() if value is not NEVER}
    encoder = jwt.PyJWT(options={"enforce_minimum_key_length": False})
    return encoder.encode(claims, settings.jwt_secret.get_secret_value() if key is None else key, algorithm=algorithm)


def test_a_good_token_gives_the_users_id(settings):
    assert decode_access_token(token(settings), settings) == 7


def test_a_token_without_iat_is_good_too(settings):
    assert decode_access_token(token(settings, iat=NEVER), settings) == 7


def seconds_from_now(seconds):
    return datetime.now(UTC) + timedelta(seconds=seconds)


@pytest.mark.parametrize("changes", [{"iat": 3}, {"exp": -3}], ids=["from a clock that is ahead", "just expired"])
def test_clocks_that_differ_by_some_seconds_do_no_harm(settings, changes):
    times = {claim: seconds_from_now(seconds) for claim, seconds in changes.items()}

    assert decode_access_token(token(settings, **times), settings) == 7


@pytest.mark.parametrize("changes", [{"iat": 25}, {"exp": -25}], ids=["from the future", "expired"])
def test_clocks_that_differ_by_far_more_than_10_seconds_do(settings, changes):
    times = {claim: seconds_from_now(seconds) for claim, seconds in changes.items()}

    assert decode_access_token(token(settings, **times), settings) is None


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"exp": datetime(2020, 1, 1, tzinfo=UTC)}, id="expired"),
        pytest.param({"exp": NEVER}, id="without exp"),
        pytest.param({"exp": float("inf")}, id="exp that is no date"),
        pytest.param({"sub": NEVER}, id="without sub"),
        pytest.param({"sub": "ana@example.com"}, id="sub that is no number"),
        pytest.param({"sub": "-7"}, id="sub below zero"),
        pytest.param({"sub": "07"}, id="sub with a zero first"),
        pytest.param({"sub": " 7"}, id="sub with a space"),
        pytest.param({"sub": 7}, id="sub that is no text"),
        pytest.param({"sub": str(2**63)}, id="sub too large for the database"),
        pytest.param({"sub": "\u0667"}, id="sub in other digits"),
        pytest.param({"key": OTHER_KEY}, id="signed with another key"),
        pytest.param({"algorithm": "HS512"}, id="signed with another algorithm"),
        pytest.param({"algorithm": "none", "key": ""}, id="not signed at all"),
    ],
)
def test_a_bad_token_gives_nobody(settings, changes):
    assert decode_access_token(token(settings, **changes), settings) is None


def test_a_tampered_token_gives_nobody(settings):
    header, _, signature = token(settings).split(".")
    _, others_claims, _ = token(settings, sub="8").split(".")

    assert decode_access_token(f"{header}.{others_claims}.{signature}", settings) is None


@pytest.mark.parametrize("added", ["=", "==", "\n", "!"], ids=["one =", "two =", "a new line", "an exclamation mark"])
def test_a_token_with_something_after_it_gives_nobody(settings, added):
    assert decode_access_token(token(settings) + added, settings) is None


def test_a_token_whose_signature_is_spelled_otherwise_gives_nobody(settings):
    good = token(settings)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet[alphabet.index(good[-1]) ^ 1]  # its lowest bits are not used

    assert decode_access_token(good[:-1] + last, settings) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("x", id="one part"),
        pytest.param("a.b.c", id="no JSON"),
        pytest.param("\u00e9.\u00e9.\u00e9", id="letters that base64 has not"),
        pytest.param("\ud800.e30.AAAA", id="half a character"),
        pytest.param("W1tb" * 30_000 + ".e30.AAAA", id="nested too deep"),
        pytest.param("e30.e30.", id="no algorithm"),
    ],
)
def test_a_text_that_is_no_token_gives_nobody(settings, text):
    assert decode_access_token(text, settings) is None
