"""It counts the questions as well: one at most, and none for what can be no e-mail."""

import pytest

from app.core.errors import WrongCredentials
from app.models import User
from app.services import users_service as service

ANA = {"email": "ana@example.com", "password": "correct horse", "rounds": 4}


class FakeSessions:
    """A sessionmaker whose sessions find one user, or nobody. It knows whether one is open."""

    def __init__(self) -> None:
        self.user: User | None = None
        self.is_open = False
        self.asked = 0

    def __call__(self) -> "FakeSessions":
        return self

    async def __aenter__(self) -> "FakeSessions":
        self.is_open = True
        return self

    async def __aexit__(self, *error: object) -> None:
        self.is_open = False

    async def scalar(self, query: object) -> User | None:
        self.asked += 1
        return self.user


@pytest.fixture
def fake() -> FakeSessions:
    return FakeSessions()


@pytest.fixture
def bcrypt(monkeypatch, fake) -> list[bool]:
    """For each time that bcrypt would have worked: whether a session was open."""
    calls = []

    async def hash_password(plain: str, *, rounds: int) -> str:
        calls.append(fake.is_open)
        return "a hash"

    async def verify_password(plain: str, hashed: str) -> bool:
        calls.append(fake.is_open)
        return plain == ANA["password"]

    monkeypatch.setattr(service, "hash_password", hash_password)
    monkeypatch.setattr(service, "verify_password", verify_password)
    return calls


def assert_worked_once_with_no_session_open(bcrypt: list[bool]) -> None:
    assert True not in bcrypt, "a session was open while bcrypt worked"
    assert len(bcrypt) == 1, f"bcrypt worked {len(bcrypt)} times, and not once"


async def test_the_right_pair_finds_the_user(fake, bcrypt):
    fake.user = User(email="ana@example.com", hashed_password="a hash", is_active=True)

    assert await service.log_in(fake, **ANA) is fake.user
    assert_worked_once_with_no_session_open(bcrypt)


@pytest.mark.parametrize("wrong", [{"password": "wrong horse"}, {"password": "x" * 73}, {"email": "ana"}])
async def test_a_wrong_pair_costs_one_bcrypt_and_no_connection(fake, bcrypt, wrong):
    fake.user = User(email="ana@example.com", hashed_password="a hash", is_active=True)

    with pytest.raises(WrongCredentials):
        await service.log_in(fake, **ANA | wrong)

    assert_worked_once_with_no_session_open(bcrypt)
    assert fake.asked == (1 if wrong == {"password": "wrong horse"} else 0)


async def test_an_unknown_email_costs_the_same(fake, bcrypt):
    with pytest.raises(WrongCredentials):
        await service.log_in(fake, **ANA)

    assert_worked_once_with_no_session_open(bcrypt)
