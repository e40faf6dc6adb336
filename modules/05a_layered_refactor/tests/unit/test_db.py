"""What the database's errors mean."""

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.db import is_deadlock, violated_constraint
from app.models import Note, User


def user(email: str) -> User:
    return User(email=email, hashed_password="x")


async def test_the_constraint_that_refused_a_row_is_known_by_its_name(session):
    session.add_all([user("ana@example.com"), user("ana@example.com")])

    with pytest.raises(IntegrityError) as caught:
        await session.flush()

    assert violated_constraint(caught.value) == "uq_users_email"
    assert not is_deadlock(caught.value)


async def test_a_note_of_nobody_is_refused_by_another_constraint(session):
    session.add(Note(owner_id=1_000_000, title="", content=""))

    with pytest.raises(IntegrityError) as caught:
        await session.flush()

    assert violated_constraint(caught.value) == "fk_notes_owner_id"


def test_an_error_that_no_constraint_has_made_has_no_constraints_name():
    assert violated_constraint(DBAPIError("SELECT", {}, Exception())) is None
