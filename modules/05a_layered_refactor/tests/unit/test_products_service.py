"""Products, without HTTP: each name once, and no change lost."""

from decimal import Decimal

import pytest
from anyio import create_task_group
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.errors import Conflict, NotFound
from app.models import Product
from app.services import products_service as service

LAMP = {"name": "Lamp", "price": Decimal("9.99"), "quantity": 3}
DESK = {"name": "Desk", "price": Decimal("80.00"), "quantity": 1}


async def stored(session) -> list[tuple[str, Decimal, int]]:
    """What the table holds, whatever the session remembers."""
    query = select(Product.name, Product.price, Product.quantity).order_by(Product.id)
    return [tuple(row) for row in await session.execute(query)]


async def test_a_new_product_is_stored_once_the_caller_commits(session):
    lamp = await service.create_product(session, **LAMP)

    assert (lamp.name, lamp.price, lamp.quantity) == ("Lamp", Decimal("9.99"), 3)
    assert await stored(session) == [("Lamp", Decimal("9.99"), 3)]
    await session.rollback()
    assert await stored(session) == []


async def test_a_service_leaves_the_commit_to_its_caller(session):
    lamp = await service.create_product(session, **LAMP)
    await service.change_product(session, product_id=lamp.id, quantity=2)
    await service.delete_product(session, product_id=lamp.id)
    await service.create_product(session, **DESK)
    await session.rollback()

    assert await stored(session) == []


async def test_a_name_that_exists_is_a_conflict_and_the_transaction_goes_on(session):
    await service.create_product(session, **LAMP)
    with pytest.raises(Conflict, match="A product with this name exists"):
        await service.create_product(session, **LAMP)
    await service.create_product(session, **DESK)

    assert [name for name, *_ in await stored(session)] == ["Lamp", "Desk"]


async def test_a_change_to_a_name_that_exists_is_a_conflict_and_the_transaction_goes_on(session):
    await service.create_product(session, **LAMP)
    desk = await service.create_product(session, **DESK)

    with pytest.raises(Conflict):
        await service.change_product(session, product_id=desk.id, name="Lamp")

    assert [name for name, *_ in await stored(session)] == ["Lamp", "Desk"]


async def test_a_change_sets_what_is_named_and_nothing_else(session):
    lamp = await service.create_product(session, **LAMP)

    await service.change_product(session, product_id=lamp.id, quantity=0)
    assert await stored(session) == [("Lamp", Decimal("9.99"), 0)]
    await service.change_product(session, product_id=lamp.id)
    assert await stored(session) == [("Lamp", Decimal("9.99"), 0)]


async def test_another_rule_of_the_database_is_no_conflict_of_names(session):
    with pytest.raises(IntegrityError, match="ck_products_quantity_not_negative"):
        await service.create_product(session, **LAMP | {"quantity": -1})


async def test_a_deadlock_over_names_is_a_conflict(session):
    class DeadlockError(Exception):
        sqlstate = "40P01"

    with pytest.raises(Conflict):
        async with service.unique_name(session):
            raise DBAPIError("UPDATE products", {}, DeadlockError())


async def test_of_ten_equal_products_at_once_one_is_stored_and_nine_are_conflicts(committing_sessions):
    conflicts = []

    async def offer() -> None:
        try:
            async with committing_sessions.begin() as session:
                await service.create_product(session, **LAMP)
        except Conflict as conflict:
            conflicts.append(conflict)

    async with create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(offer)

    assert len(conflicts) == 9
    async with committing_sessions() as session:
        assert len(await stored(session)) == 1


async def test_a_name_that_is_just_being_taken_is_a_conflict_and_the_transaction_goes_on(
    committing_sessions, somebody_waits
):
    async def offer() -> None:
        async with committing_sessions.begin() as session:
            with pytest.raises(Conflict):
                await service.create_product(session, **LAMP)
            await service.create_product(session, **DESK)

    async with create_task_group() as tasks, committing_sessions.begin() as session:
        await service.create_product(session, **LAMP)
        tasks.start_soon(offer)
        await somebody_waits()

    async with committing_sessions() as session:
        assert [name for name, *_ in await stored(session)] == ["Lamp", "Desk"]


async def test_two_changes_of_one_product_at_the_same_time_both_last(committing_sessions, somebody_waits):
    async with committing_sessions.begin() as session:
        lamp = await service.create_product(session, **LAMP)

    async def sell() -> None:
        async with committing_sessions.begin() as session:
            await service.change_product(session, product_id=lamp.id, quantity=2)

    async with create_task_group() as tasks, committing_sessions.begin() as session:
        await service.change_product(session, product_id=lamp.id, price=Decimal("5.00"))
        tasks.start_soon(sell)
        await somebody_waits()  # the sale has begun, and can't go on before this transaction ends

    async with committing_sessions() as session:
        assert await stored(session) == [("Lamp", Decimal("5.00"), 2)]


async def test_two_who_lock_a_product_for_a_change_never_wait_for_each_other(committing_sessions, somebody_waits):
    async with committing_sessions.begin() as session:
        lamp = await service.create_product(session, **LAMP)

    async def sell() -> None:
        async with committing_sessions.begin() as session:
            await service.change_product(session, product_id=lamp.id, quantity=2)

    async with create_task_group() as tasks, committing_sessions.begin() as session:
        mine = await session.scalar(select(Product).with_for_update(read=True))  # others may take this lock, too
        tasks.start_soon(sell)
        await somebody_waits()
        mine.price = Decimal("5.00")
        await session.flush()

    async with committing_sessions() as session:
        assert await stored(session) == [("Lamp", Decimal("5.00"), 2)]


@pytest.mark.parametrize(
    ("use", "changes"),
    [(service.change_product, {"quantity": 2}), (service.delete_product, {})],
    ids=["change_product", "delete_product"],
)
async def test_a_product_that_is_just_being_deleted_is_not_found(committing_sessions, somebody_waits, use, changes):
    async with committing_sessions.begin() as session:
        lamp = await service.create_product(session, **LAMP)

    async def use_it() -> None:
        with pytest.raises(NotFound):
            async with committing_sessions.begin() as session:
                await use(session, product_id=lamp.id, **changes)

    async with create_task_group() as tasks, committing_sessions.begin() as session:
        await service.delete_product(session, product_id=lamp.id)
        tasks.start_soon(use_it)
        await somebody_waits()


async def test_the_list_begins_with_the_newest_and_is_cut_by_limit_and_offset(session):
    for number in range(5):
        await service.create_product(session, **LAMP | {"name": str(number)})

    products = await service.list_products(session, limit=2, offset=1)

    assert [product.name for product in products] == ["3", "2"]


async def test_the_database_cuts_the_list_and_not_the_service(session, rows_read):
    for number in range(20):
        await service.create_product(session, **LAMP | {"name": str(number)})
    rows_read.clear()

    products = await service.list_products(session, limit=2, offset=10)

    assert [product.name for product in products] == ["9", "8"]
    most_rows_of_a_query = max(rows_read)
    assert most_rows_of_a_query == 2


async def test_a_product_is_found_by_its_id(session):
    lamp = await service.create_product(session, **LAMP)
    desk = await service.create_product(session, **DESK)

    assert await service.read_product(session, product_id=lamp.id) is lamp
    assert await service.read_product(session, product_id=desk.id) is desk


@pytest.mark.parametrize("use", [service.read_product, service.change_product, service.delete_product])
async def test_a_product_that_is_gone_is_not_found(session, use):
    lamp = await service.create_product(session, **LAMP)
    await service.delete_product(session, product_id=lamp.id)

    with pytest.raises(NotFound, match="Product not found"):
        await use(session, product_id=lamp.id)
