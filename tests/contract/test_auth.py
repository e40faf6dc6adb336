"""Registration, login, and who is let in: the same promises in 04, 05a and 06."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import uuid4

import httpx
import pytest
from conftest import Newcomer, Refused
from profiles import Endpoint, Profile
from targets import Target
from visitor import PASSWORD, Visitor, new_email

from course.deploy.kinds import hostile, tokens

SAMPLE_TOKEN = tokens.sign({"alg": "HS256"}, {"sub": "1", "iat": 0, "exp": 0}, "any")
UPLOAD = b'--x\r\nContent-Disposition: form-data; name="username"; filename="f"\r\n\r\na\r\n--x--'
Path = Callable[[Endpoint], str]


# --- registration


@pytest.mark.wire
async def test_registering_gives_a_bearer_token(nobody: Visitor, profile: Profile) -> None:
    response = await nobody.register(new_email(), PASSWORD)
    assert response.status_code == 201
    assert set(response.json()) == {"access_token", "token_type"}
    assert response.json()["token_type"] == "bearer"
    assert (await nobody.with_token(response.json()["access_token"]).get(profile.home)).status_code == 200


async def test_a_token_is_signed_with_hs256_and_says_who_and_how_long(newcomer: Newcomer) -> None:
    visitor = await newcomer()
    header, claims = tokens.read(visitor.token or "")
    assert header["alg"] == "HS256"
    assert claims["sub"].isascii()
    assert claims["sub"].isdigit()
    assert claims["iat"] <= time.time() + 60
    assert claims["exp"] > claims["iat"]


async def test_a_token_holds_no_password_and_no_hash(nobody: Visitor) -> None:
    response = await nobody.register(new_email(), PASSWORD)
    _, claims = tokens.read(response.json()["access_token"])
    assert PASSWORD not in str(claims)
    assert "$2b$" not in str(claims)


@pytest.mark.parametrize("change", [str, str.upper, str.title, str.swapcase], ids=["same", "upper", "title", "swapped"])
async def test_an_email_that_is_taken_in_whatever_letter_case_is_a_409(
    nobody: Visitor, refused: Refused, change: Callable[[str], str]
) -> None:
    email = new_email("Taken.Name")
    await nobody.register(email, PASSWORD)
    refused(await nobody.register(change(email), "another password"), 409)


async def test_letter_case_is_ignored_beyond_ascii_too(nobody: Visitor, refused: Refused) -> None:
    email = new_email("änne")
    assert (await nobody.register(email, PASSWORD)).status_code == 201
    refused(await nobody.register(email.upper(), PASSWORD), 409)


@pytest.mark.parametrize(
    ("one", "spelling"), [("οδος", "οδοσ"), ("οδος", "οδος"), ("οδος", "ΟΔΟΣ"), ("\u1fb7", "\u0391\u0342\u0345")]
)
async def test_an_email_is_one_by_case_folding(nobody: Visitor, refused: Refused, one: str, spelling: str) -> None:
    email = new_email(one)
    assert (await nobody.register(email, PASSWORD)).status_code == 201
    other = email.replace(one, spelling)
    refused(await nobody.register(other, PASSWORD), 409)
    assert (await nobody.login(other, PASSWORD)).status_code == 200


@pytest.mark.parametrize("local", ["straße", "İİİİ", "ﬀ-ligature", "用户", "e\u0301", "o'neil", "a.b+c", "ΟΔΟΣ", "ǅ"])
async def test_an_email_in_any_script_is_taken_once_or_malformed(nobody: Visitor, refused: Refused, local: str) -> None:
    email = new_email(local)
    first = await nobody.register(email, PASSWORD)
    assert first.status_code in (201, 422)
    refused(await nobody.register(email, PASSWORD), 409 if first.status_code == 201 else 422)
    assert (await nobody.login(email, PASSWORD)).status_code == (200 if first.status_code == 201 else 400)


@pytest.mark.parametrize("domain", ["shop.test", "printer.local", "app.localhost", "nowhere.invalid", "hidden.onion"])
async def test_an_email_in_a_network_of_ones_own_is_well_formed(nobody: Visitor, domain: str) -> None:
    email = f"{uuid4().hex}@{domain}"
    assert (await nobody.register(email, PASSWORD)).status_code == 201
    assert (await nobody.login(email, PASSWORD)).status_code == 200


@pytest.mark.wire
async def test_of_ten_simultaneous_registrations_one_is_a_201_and_nine_are_409(
    nobody: Visitor, refused: Refused
) -> None:
    email = new_email()
    spellings = [email, email.upper()] * 5
    answers = await asyncio.gather(*(nobody.register(spelling, PASSWORD) for spelling in spellings))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    refused(max(answers, key=lambda answer: answer.status_code), 409)


@pytest.mark.parametrize(
    "email",
    ["", "plain", "@example.com", "a@", "a@b@example.com", "a b@example.com", "a@exa mple.com", "a@example..com",
     "a@-example.com", "a@example.com\n", "Ann <ann@example.com>", "<ann@example.com>", f"{'a' * 400}@example.com",
     "a@example.com,b@example.com", "a\0@example.com", "a@[127.0.0.1]", "no-answer-repeats-me"],
)  # fmt: skip
async def test_a_malformed_email_is_a_422_that_names_it_and_never_repeats_it(
    nobody: Visitor, refused: Refused, email: str
) -> None:
    response = await nobody.register(email, PASSWORD)
    refused(response, 422, field="email")
    assert hostile.MARKER not in response.text


@pytest.mark.parametrize(
    "password",
    [
        "",
        "1234567",
        "🔑" * 7,
        "x" * 73,
        "é" * 37,
        "🔑" * 19,
        "y" * 10_000,
        "with a \0 inside",
        "no-answer-repeats-me" * 4,
    ],
    ids=lambda password: f"{len(password)} characters, {len(password.encode())} bytes",
)
async def test_a_password_under_8_characters_or_over_72_bytes_is_a_422_that_names_it_and_never_repeats_it(
    nobody: Visitor, refused: Refused, password: str
) -> None:
    response = await nobody.register(new_email(), password)
    refused(response, 422, field="password")
    assert hostile.MARKER not in response.text
    assert "1234567" not in response.text


@pytest.mark.parametrize(
    "password",
    ["12345678", "🔑" * 8, "x" * 72, "é" * 36, "🔑" * 18, "  spaces  ", "tab\tand\nline end"],
    ids=lambda password: f"{len(password)} characters, {len(password.encode())} bytes",
)
async def test_a_password_within_the_limits_is_taken_as_sent(nobody: Visitor, password: str) -> None:
    email = new_email()
    assert (await nobody.register(email, password)).status_code == 201
    assert (await nobody.login(email, password)).status_code == 200
    assert (await nobody.login(email, password[:-1] + "?")).status_code == 400


async def test_a_refused_registration_leaves_the_email_free(nobody: Visitor) -> None:
    email = new_email()
    await nobody.register(email, "short")
    assert (await nobody.register(email, PASSWORD)).status_code == 201


# --- login


async def test_logging_in_gives_a_bearer_token(nobody: Visitor, newcomer: Newcomer, profile: Profile) -> None:
    visitor = await newcomer()
    response = await nobody.login(visitor.email, PASSWORD)
    assert response.status_code == 200
    assert set(response.json()) == {"access_token", "token_type"}
    assert response.json()["token_type"] == "bearer"
    assert (await nobody.with_token(response.json()["access_token"]).get(profile.home)).status_code == 200


async def test_logging_in_takes_the_email_in_whatever_letter_case(nobody: Visitor, newcomer: Newcomer) -> None:
    visitor = await newcomer()
    response = await nobody.login(visitor.email.upper(), PASSWORD)
    assert response.status_code == 200
    assert tokens.read(response.json()["access_token"])[1]["sub"] == tokens.read(visitor.token or "")[1]["sub"]


async def test_login_takes_the_whole_form_of_the_oauth2_password_flow(nobody: Visitor, newcomer: Newcomer) -> None:
    visitor = await newcomer()
    form = {"grant_type": "password", "username": visitor.email, "password": PASSWORD, "scope": "", "client_id": "docs"}
    assert (await nobody.post("/auth/login", data=form)).status_code == 200


async def test_no_cache_keeps_a_token_or_what_is_somebodys_own(nobody: Visitor, profile: Profile) -> None:
    email = new_email()
    registered = await nobody.register(email, PASSWORD)
    logged_in = await nobody.login(email, PASSWORD)
    own = await nobody.with_token(logged_in.json()["access_token"]).get(profile.home)
    for response in (registered, logged_in, own):
        assert response.headers["cache-control"] == "no-store"


async def test_a_wrong_password_is_a_400(nobody: Visitor, ann: Visitor, refused: Refused) -> None:
    refused(await nobody.login(ann.email, "a wrong password"), 400)


@pytest.mark.own_server
async def test_a_user_who_is_inactive_cannot_log_in(
    nobody: Visitor, newcomer: Newcomer, target: Target, refused: Refused
) -> None:
    visitor = await newcomer()
    await target.execute("UPDATE users SET is_active = false WHERE email = $1", visitor.email)
    refused(await nobody.login(visitor.email, PASSWORD), 400, 401, 403)


async def test_an_unknown_email_gets_the_same_answer_as_a_wrong_password(nobody: Visitor, ann: Visitor) -> None:
    unknown = await nobody.login(new_email(), "a wrong password")
    wrong = await nobody.login(ann.email, "a wrong password")
    assert unknown.status_code == wrong.status_code == 400
    assert unknown.json() == wrong.json()
    ids = {"x-request-id", "date"}
    assert {k: v for k, v in unknown.headers.items() if k not in ids} == {
        k: v for k, v in wrong.headers.items() if k not in ids
    }


@pytest.mark.parametrize(
    "name", ["", "{}\0", "{}", "{}" + "x" * 5_000, "{}@b@c", "{} of a pair"], ids=lambda name: name[:9]
)
async def test_a_name_that_can_belong_to_nobody_is_refused(nobody: Visitor, refused: Refused, name: str) -> None:
    unused = name.format(uuid4().hex)  # attempts of earlier runs count too
    refused(await nobody.login(unused, PASSWORD), 400, 422)


@pytest.mark.parametrize("password", ["x" * 73, "é" * 5_000, PASSWORD + "x" * 100, PASSWORD + " ", PASSWORD.upper()])
@pytest.mark.parametrize("known", [True, False], ids=["of a user", "of nobody"])
async def test_a_password_that_is_not_the_users_is_a_400_whatever_its_length(
    nobody: Visitor, newcomer: Newcomer, refused: Refused, password: str, known: bool
) -> None:
    email = (await newcomer()).email if known else new_email()
    refused(await nobody.login(email, password), 400)


@pytest.mark.parametrize(
    "password", ["", "\0", PASSWORD + "\0", PASSWORD + "\0x"], ids=["nothing", "NUL", "a NUL after", "more"]
)
async def test_a_password_that_nobody_can_have_is_refused(
    nobody: Visitor, newcomer: Newcomer, refused: Refused, password: str
) -> None:
    refused(await nobody.login((await newcomer()).email, password), 400, 422)


async def test_what_follows_the_72nd_byte_of_a_password_counts(
    nobody: Visitor, newcomer: Newcomer, refused: Refused
) -> None:
    visitor = await newcomer(password="x" * 72)
    refused(await nobody.login(visitor.email, "x" * 73), 400)


@pytest.mark.parametrize("missing", ["username", "password"])
async def test_a_login_form_without_a_field_is_a_422_that_names_it(
    nobody: Visitor, refused: Refused, missing: str
) -> None:
    form = {"username": new_email(), "password": hostile.MARKER}
    response = await nobody.post("/auth/login", data={key: value for key, value in form.items() if key != missing})
    refused(response, 422, field=missing)
    assert hostile.MARKER not in response.text


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"username": "nobody@example.com", "password": "no-answer-repeats-me"}'),
        ("application/x-www-form-urlencoded", b""),
        ("application/x-www-form-urlencoded", b"username=%00&password=%00"),
        ("application/x-www-form-urlencoded", b"username=%ff%fe&password=%ed%a0%80"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=\x00&&&==%"),
        ("application/x-www-form-urlencoded", b"username=a&username=b&password=c&password=d"),
        ("application/x-www-form-urlencoded", b"&".join(b"field%d=x" % number for number in range(5000))),
        ("application/x-www-form-urlencoded; charset=utf-7", b"username=a&password=b"),
        ("multipart/form-data", b"username=a&password=b"),
        ("multipart/form-data; boundary=x", b"not a part"),
        ("multipart/form-data; boundary=x", UPLOAD),
        ("text/plain", b"username=a&password=b"),
    ],
)  # fmt: skip
async def test_a_login_that_is_no_login_form_is_refused(
    nobody: Visitor, refused: Refused, content_type: str, body: bytes
) -> None:
    response = await nobody.post("/auth/login", content=body, headers={"Content-Type": content_type})
    refused(response)
    assert hostile.MARKER not in response.text


# --- what hashing costs, and whom

TRIES = 3  # a busy machine can slow one try down; a server that hashes on its event loop fails every time
TRIES_MAX = 9  # on one that stays busy; the capstone answers the eleventh wrong password without a hash
AT_ONCE = 5  # passwords, while somebody asks for something else
UNKNOWN = {"usual": "@example.com", "special": "@nowhere.invalid", "no e-mail": ""}


async def seconds(request: Awaitable[httpx.Response]) -> float:
    start = time.perf_counter()
    await request
    return time.perf_counter() - start


async def test_an_unknown_email_takes_about_as_long_as_a_wrong_password(slow_hashing: Target, profile: Profile) -> None:
    """A login that skips the hash for an unknown e-mail answers some thirty times sooner: that tells who is a user."""
    async with slow_hashing.client() as http:
        user = await Visitor.registered(http, profile)
        took: dict[str, list[float]] = {kind: [] for kind in ("wrong", *UNKNOWN)}
        for number in range(1, TRIES_MAX + 1):
            took["wrong"].append(await seconds(user.login(user.email, "a wrong password")))
            for kind, domain in UNKNOWN.items():
                took[kind].append(await seconds(user.login(uuid4().hex + domain, "a wrong password")))
            # What else a machine does only ever adds to a time, so the shortest is what the answer itself takes.
            ratios = {kind: min(took["wrong"]) / min(took[kind]) for kind in UNKNOWN}
            alike = all(1 / 3 < ratio < 3 for ratio in ratios.values())
            if alike and number >= TRIES:
                break
    assert alike, f"a wrong password takes this many times as long: {ratios}"


@pytest.mark.parametrize("asked", ["logins", "registrations"])
async def test_hashing_passwords_keeps_nobody_else_waiting(slow_hashing: Target, profile: Profile, asked: str) -> None:
    """Hashed on the event loop, each password holds everybody up for as long as its hash takes."""
    async with slow_hashing.client() as http:
        user = await Visitor.registered(http, profile)

        def ask() -> Coroutine[Any, Any, httpx.Response]:
            return user.login(user.email, PASSWORD) if asked == "logins" else user.register(new_email(), PASSWORD)

        for _ in range(TRIES):
            began = time.perf_counter()
            hashing = asyncio.gather(*(ask() for _ in range(AT_ONCE)))
            waits = []
            while not hashing.done():
                waits.append(await seconds(user.get("/health")))
            await hashing
            each = (time.perf_counter() - began) / AT_ONCE  # measured with the waits, so a busy machine adds to both
            held_up = sum(wait for wait in waits if wait > each / 2) / sum(waits)
            if held_up < 1 / 2:
                break
    assert held_up < 1 / 2, f"/health took up to {max(waits):.3f} s, each of the {asked} {each:.3f} s"


# --- who is let in


def check_401(response: httpx.Response, refused: Refused) -> None:
    refused(response, 401)
    assert response.headers["www-authenticate"].split()[0].rstrip(",") == "Bearer"


async def test_a_protected_route_without_a_token_is_a_401(
    nobody: Visitor, protected_endpoint: Endpoint, endpoint_path: Path, refused: Refused
) -> None:
    body = {"json": protected_endpoint.sample()} if protected_endpoint.takes_json else {}
    check_401(await nobody.request(protected_endpoint.method, endpoint_path(protected_endpoint), **body), refused)


async def test_a_protected_route_with_a_tampered_token_is_a_401(
    ann: Visitor, protected_endpoint: Endpoint, endpoint_path: Path, refused: Refused
) -> None:
    forger = ann.with_token(tokens.forged_without_the_secret(ann.token or "")["another's signature"])
    body = {"json": protected_endpoint.sample()} if protected_endpoint.takes_json else {}
    check_401(await forger.request(protected_endpoint.method, endpoint_path(protected_endpoint), **body), refused)


async def test_without_a_token_nobody_learns_what_is_there_or_what_is_wrong_with_a_body(
    nobody: Visitor, protected_endpoint: Endpoint, refused: Refused
) -> None:
    body = {"json": {"unknown": None}} if protected_endpoint.takes_json else {}
    path = protected_endpoint.path_with(2**62)
    check_401(await nobody.request(protected_endpoint.method, path, **body), refused)


@pytest.mark.parametrize("forgery", tokens.forged_without_the_secret(SAMPLE_TOKEN))
async def test_a_token_bent_without_the_secret_is_a_401(
    ann: Visitor, profile: Profile, refused: Refused, forgery: str
) -> None:
    token = tokens.forged_without_the_secret(ann.token or "")[forgery]
    check_401(await ann.with_token(token).get(profile.home), refused)


@pytest.mark.own_server
@pytest.mark.parametrize("fault", tokens.forged_with_the_secret(SAMPLE_TOKEN, "any"))
async def test_a_wrong_token_signed_with_the_secret_is_a_401(
    ann: Visitor, target: Target, profile: Profile, refused: Refused, fault: str
) -> None:
    header, claims = tokens.read(ann.token or "")
    right = tokens.sign(header, claims, target.secret or "")
    assert (await ann.with_token(right).get(profile.home)).status_code == 200, "the forger can sign"

    wrong = tokens.forged_with_the_secret(ann.token or "", target.secret or "")[fault]
    check_401(await ann.with_token(wrong).get(profile.home), refused)


@pytest.mark.own_server
@pytest.mark.parametrize(("claim", "seconds"), [("iat", 3), ("exp", -5)], ids=["issued in 3 s", "expired 5 s ago"])
async def test_clocks_that_differ_by_some_seconds_do_no_harm(
    ann: Visitor, target: Target, profile: Profile, claim: str, seconds: int
) -> None:
    header, claims = tokens.read(ann.token or "")
    token = tokens.sign(header, {**claims, claim: int(time.time()) + seconds}, target.secret or "")
    assert (await ann.with_token(token).get(profile.home)).status_code == 200


@pytest.mark.wire
@pytest.mark.parametrize(
    "header",
    [b"", b"Bearer", b"Basic dXNlcjpwYXNzd29yZA==", b"Token {token}", b"{token}", b"Bearer: {token}",
     b"Bearer {token} {token}", b"Bearer \xff\xfe", b"Bearer \xc3\xa9.\xc3\xa9.\xc3\xa9", b"Bearer null",
     b"Bearer a.b.c"],
)  # fmt: skip
async def test_an_authorization_header_that_is_no_bearer_token_is_a_401(
    ann: Visitor, nobody: Visitor, profile: Profile, refused: Refused, header: bytes
) -> None:
    value = header.replace(b"{token}", (ann.token or "").encode())
    check_401(await nobody.get(profile.home, headers=[(b"Authorization", value)]), refused)


@pytest.mark.wire
@pytest.mark.own_server
async def test_a_user_who_is_gone_is_let_in_no_more(
    newcomer: Newcomer, target: Target, profile: Profile, refused: Refused
) -> None:
    visitor = await newcomer()
    assert (await visitor.get(profile.home)).status_code == 200
    await target.execute("DELETE FROM users WHERE email = $1", visitor.email)
    check_401(await visitor.get(profile.home), refused)


@pytest.mark.wire
@pytest.mark.own_server
async def test_a_user_who_is_inactive_is_let_in_no_more(
    newcomer: Newcomer, target: Target, profile: Profile, refused: Refused
) -> None:
    visitor = await newcomer()
    await target.execute("UPDATE users SET is_active = false WHERE email = $1", visitor.email)
    check_401(await visitor.get(profile.home), refused)
