"""The contract suites: what a stage promises its clients, asked from outside, over HTTP alone.

One suite runs on three targets:

    pytest tests/contract --stage 06                         in this process, without a socket: the fastest
    pytest tests/contract --stage 06 --target localhost      the stage's own uvicorn command, on a free port;
                                                             with --workers 2, on two processes
    pytest tests/contract --stage 06 --base-url https://...  a server that runs anywhere; nothing but HTTP is used

With `-m wire` only those are asked that a socket, the server or a second process can break though they hold in-process:
that, beside everything in-process, is the quick set.

The first two make a database of their own beside the one in DATABASE_URL and drop it at the end. They know the server's
secret and its database, so they can also forge tokens and delete users. The third knows neither: the tests that need
them are not run, and the summary says which. It deletes the users that it registered, with all that they wrote; where
a stage has no way to delete a user, only what they wrote.

`--stage-folder=PATH` takes the stage's code from another folder: a broken copy, or a student's. (With a space in place
of the `=`, pytest would take the path for tests to run, since it looks for those before it knows this option.)

A test here is written from the contract's words, never from a stage's code. Its name is a sentence of the contract.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from profiles import PROFILES, Endpoint, Profile
from sockets import Open
from targets import Target, at_address, in_process, on_localhost, served
from visitor import Visitor

from course.stages import stage_by_id

SLOW_ROUNDS = 11  # 0.1 s a hash: some thirty times as long as a request, and half of what it costs in production
OWN_SERVER_ONLY = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract", "the course's contract suites")
    group.addoption("--stage", default="06", choices=sorted(PROFILES), help="the stage whose contract is tested")
    group.addoption("--target", default="in-process", choices=["in-process", "localhost"], help="where it runs")
    group.addoption("--workers", type=int, default=1, help="how many worker processes that server has on localhost")
    group.addoption("--base-url", metavar="URL", help="test the server at this address; needs no database")
    group.addoption("--template", metavar="DB", help="copy this database, which is migrated, in place of migrating")
    group.addoption("--stage-folder", type=Path, metavar="PATH", help="take the stage's code from this folder")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "stages(*ids): the stages that make this promise; without it, all of them")
    config.addinivalue_line(
        "markers", "wire: a socket, the server or a second process can break it though it holds in-process"
    )
    config.addinivalue_line("markers", "server: the server's doing and not the app's, so never asked in-process")
    config.addinivalue_line(
        "markers",
        "own_server: needs the server's secret or its database, or leaves an account that can't be deleted yet",
    )
    config.stash[OWN_SERVER_ONLY] = []


def profile_of(config: pytest.Config) -> Profile:
    return PROFILES[config.getoption("--stage", "06")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test that asks for an `endpoint`, or for one of a kind, every such endpoint of the stage."""
    profile = profile_of(metafunc.config)
    tables = {
        "endpoint": profile.endpoints,
        "protected_endpoint": [each for each in profile.endpoints if each.token],
        "json_endpoint": [each for each in profile.endpoints if each.takes_json],
        "id_endpoint": [each for each in profile.endpoints if each.names_a_row],
        "page_endpoint": [each for each in profile.endpoints if each.paged],
    }
    for name, endpoints in tables.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, endpoints, ids=str)
    for name in ("field_endpoint", "stored_endpoint"):
        if name in metafunc.fixturenames:
            chosen = [each for each in profile.endpoints if each.stores_text or name == "field_endpoint"]
            pairs = [(each, field) for each in chosen for field in each.fields]
            ids = [f"{endpoint} {field.name}" for endpoint, field in pairs]
            metafunc.parametrize((name, "field"), pairs, ids=ids)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the stage does not promise, and what cannot be asked at a mere address (told in the summary)."""
    stage, address = profile_of(config).stage_id, config.getoption("--base-url", None)
    is_in_process = not address and config.getoption("--target", "in-process") == "in-process"
    kept, left_out = [], []
    for item in items:
        stages = item.get_closest_marker("stages")
        promised = stage in stages.args if stages else stage != "05b"  # which has no users and no rows
        if not promised or (is_in_process and item.get_closest_marker("server")):
            left_out.append(item)
        elif address and item.get_closest_marker("own_server"):
            left_out.append(item)
            config.stash[OWN_SERVER_ONLY].append(item.nodeid.partition("[")[0])
        else:
            kept.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not_run := config.stash[OWN_SERVER_ONLY]:
        terminalreporter.section(
            "not run: it takes the server's secret or its database, or would leave an account there"
        )
        for name, cases in Counter(not_run).items():
            terminalreporter.line(f"{name} ({cases} cases)" if cases > 1 else name)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """One event loop for the whole session, so that one client and one server serve all tests."""
    return "asyncio", {}


@pytest.fixture(scope="session")
def profile(pytestconfig: pytest.Config) -> Profile:
    return profile_of(pytestconfig)


@pytest.fixture(scope="session")
async def target(pytestconfig: pytest.Config, profile: Profile) -> AsyncIterator[Target]:
    """The server under test. Hashing is set to its cheapest, which no promise but that of equal times depends on."""
    folder, template = (pytestconfig.getoption(name, None) for name in ("--stage-folder", "--template"))
    if address := pytestconfig.getoption("--base-url", None):
        opened = at_address(address, deletes_accounts=profile.deletes_accounts)
    elif pytestconfig.getoption("--target", "in-process") == "localhost":
        workers = pytestconfig.getoption("--workers")
        opened = on_localhost(profile.stage_id, folder, template, workers=workers, bcrypt_rounds=4)
    else:
        opened = in_process(profile.stage_id, folder, template, bcrypt_rounds=4)
    async with opened as target:
        yield target


@pytest.fixture(scope="session")
async def slow_hashing(pytestconfig: pytest.Config, profile: Profile, target: Target) -> AsyncIterator[Target]:
    """A server whose password hashing takes far longer than the rest: promises about time are asked here.

    On every target it has a socket and a process of its own, so no test that asks it need be marked `wire`.
    """
    if target.secret is None:
        yield target
        return
    async with beside(target, pytestconfig, profile, bcrypt_rounds=SLOW_ROUNDS) as server:
        yield server


@pytest.fixture(scope="session")
async def replica(pytestconfig: pytest.Config, profile: Profile, target: Target) -> AsyncIterator[Target]:
    """Another process that serves the same database: a host may run several. For tests marked `own_server`."""
    async with beside(target, pytestconfig, profile, bcrypt_rounds=4) as server:
        yield server


@asynccontextmanager
async def beside(
    target: Target, pytestconfig: pytest.Config, profile: Profile, *, bcrypt_rounds: int
) -> AsyncIterator[Target]:
    """One more process on the target's database."""
    assert target.database_url
    stage = stage_by_id(profile.stage_id)
    folder = (pytestconfig.getoption("--stage-folder", None) or stage.folder).resolve()
    async with served(stage, folder, target.database_url, bcrypt_rounds=bcrypt_rounds) as server:
        yield server


@pytest.fixture(scope="session")
async def http(target: Target) -> AsyncIterator[httpx.AsyncClient]:
    async with target.client() as client:
        yield client


@pytest.fixture
def open_socket(target: Target) -> Open:
    """Call it with a path, and perhaps an origin, for a WebSocket to the server."""
    return target.socket


@pytest.fixture(scope="session")
async def nobody(http: httpx.AsyncClient, profile: Profile) -> Visitor:
    """A visitor without an account."""
    return Visitor(http, profile)


Newcomer = Callable[..., Awaitable[Visitor]]


@pytest.fixture(scope="session")
def newcomer(http: httpx.AsyncClient, profile: Profile) -> Newcomer:
    """Call it for a visitor who registered just now and owns nothing yet."""

    async def register(email: str | None = None, password: str | None = None) -> Visitor:
        return await Visitor.registered(http, profile, email=email, password=password)

    return register


@pytest.fixture(scope="session")
async def ann(newcomer: Newcomer) -> Visitor:
    """A registered visitor, shared by the tests that do not mind what else she owns."""
    return await newcomer()


@pytest.fixture(scope="session")
async def ben(newcomer: Newcomer) -> Visitor:
    """Another registered visitor."""
    return await newcomer()


@pytest.fixture(scope="session")
async def things(ann: Visitor) -> dict[str, int]:
    """One of each thing that the stage's paths name, owned by ann: {"post": 1, "comment": 1, "user": 1}."""
    return await ann.one_of_each()


Refused = Callable[..., None]


@pytest.fixture(scope="session")
def refused(profile: Profile) -> Refused:
    """Check an error answer: its status, that it wears the stage's envelope, and for a 422 which field it names."""

    def check(response: httpx.Response, *statuses: int, field: str | None = None) -> None:
        expected = statuses or range(400, 500)
        assert response.status_code in expected, f"{response.status_code}, expected {expected}: {response.text[:500]}"
        error = profile.read_error(response)
        if field is not None:
            assert field in error.fields, f"the answer should name {field!r}: {response.text[:500]}"

    return check


@pytest.fixture
def endpoint_path(things: dict[str, int]) -> Callable[[Endpoint], str]:
    """An endpoint's path with the ids of ann's things filled in."""
    return lambda endpoint: endpoint.path.format(**things)
