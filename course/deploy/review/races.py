"""Requests that meet: the same one ten times at once, two changes of one row, a change and a deletion."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

import httpx

from course.deploy.review.answers import row_of, statuses
from course.deploy.review.asking import AT_ONCE
from course.deploy.review.document import EMAIL, ROOM, TIMES, Operation
from course.deploy.review.finding import Finding, NotJudgedError, for_each, probe
from course.deploy.review.target import Row, Target

ROUNDS = 6
LOST_ROUNDS = 20  # two changes have to meet twice
SWAP_ROUNDS = 80
SEAT_ROUNDS = 3


def meet(target: Target, calls: Sequence[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """Requests at once, whose statements reach the database at once, too."""
    with target.served.between.in_step() if target.served else nullcontext():
        return target.at_once(calls)


def errors(target: Target, answers: list[httpx.Response], what: str) -> list[Finding]:
    """The first server error of requests that met."""
    for each in answers:
        if each.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
            target.errors.clear()
            return [target.seen("race-5xx", each, f"{what}: {statuses(answers)}")]
    return []


@probe
def the_same_at_once(target: Target) -> list[Finding]:
    registers = [target.register] if target.register else []
    return for_each(target, [*registers, *target.creating(), *target.actions], _the_same)


def _the_same(target: Target, operation: Operation) -> list[Finding]:
    guest = target.who_makes(operation)

    def new_body() -> Any:
        return target.registration() if operation is target.register else target.body_for(operation, new=True)

    for shifted in (False, True):
        values, body = target.values_for(operation, guest), new_body()
        bodies = [_later(body, number * shifted) for number in range(AT_ONCE + 1)]
        calls = [partial(target.send, operation, values, body=each, guest=guest) for each in bodies]
        answers = meet(target, calls[:-1])
        again = calls[-1]()  # after all of them
        what = f"{AT_ONCE} {'that overlap' if bodies[0] != bodies[1] else 'equal requests'} at once"
        if found := errors(target, answers, what):
            return found
        came = f"{what}: {statuses(answers)}"
        made = [each for each in answers if each.is_success]
        if len(made) > 1 and again.is_client_error:
            came = f"{came}; one more, later: {again.status_code}"
            # Somebody else, one after the other: is the second refused for what it says, or for the number of them?
            someone, body = target.bob if guest and guest is target.ana else guest, new_body()
            one, two = (target.send(operation, values, body=body, guest=someone) for _ in range(2))
            if not (one.is_success and two.is_success):
                return [target.seen("race-duplicates", made[0], came, certain=one.is_success)]
    return []


def _later(body: Any, minutes: int) -> Any:
    """The same some minutes later: a booking that overlaps."""
    times = {name: each for name, each in body.items() if isinstance(each, str) and each.endswith(":00:00Z")}
    return {**body, **{name: f"{each[:-6]}{minutes:02}:00Z" for name, each in times.items()}}


@probe
def more_than_there_is_room_for(target: Target) -> list[Finding]:
    """The last seat, and several people who want it at the same moment."""
    return for_each(target, list(_rooms(target)), _last_seat)


def _rooms(target: Target) -> Iterator[tuple[Operation, Operation, str]]:
    """The operations that take something of a row that has only so much of it, with what makes that, and its field."""
    for operation in [*target.creating(), *target.actions]:
        for maker in filter(None, [target.maker(operation), *target.named_by(operation)]):
            for name, schema in maker.fields.items():
                if schema.get("type") == "integer" and ROOM.search(name):
                    yield operation, maker, name


def _last_seat(target: Target, room: tuple[Operation, Operation, str]) -> list[Finding]:
    operation, maker, name = room
    for _ in range(SEAT_ROUNDS):
        row = target.create(maker, changed={name: 1})
        calls = []
        for someone in target.crowd if operation.is_protected else [None] * len(target.crowd):
            body = target.body_for(operation, rows=[row])
            values = target.values_for(operation, row=row) if target.maker(operation) is maker else {}
            calls.append(partial(target.send, operation, values, body=body, guest=someone))
        answers = meet(target, calls[:-1])
        if found := errors(target, answers, f"several for the last of {name}"):
            return found
        made = [each for each in answers if each.is_success]
        if len(made) > 1 and (late := calls[-1]()).is_client_error:
            came = f"{name} is 1, and of {len(answers)} at once {len(made)} got it; one more, later: {late.status_code}"
            return [target.seen("oversold", made[0], came)]
    return []


@probe
def one_address_in_two_spellings(target: Target) -> list[Finding]:
    if not target.register:
        raise NotJudgedError("there is no registration")
    body = target.registration()
    name = next((each for each in body if EMAIL.search(each)), None)
    if name is None:
        raise NotJudgedError("one registers without an e-mail")
    local, _, domain = str(body[name]).partition("@")
    first = target.send(target.register, body=body)
    same = target.send(target.register, body=body)
    if not first.is_success or same.is_success:
        return []  # an e-mail need not be anybody's alone
    for spelling in (f"{local.upper()}@{domain}", f"{local.title()}@{domain.upper()}"):
        answer = target.send(target.register, body={**body, name: spelling})
        if answer.is_success:
            return [target.seen("letter-case", answer, f"{answer.status_code}, though {body[name]} has an account")]
    return []


def changing(target: Target) -> list[tuple[Operation, Operation]]:
    """The operations that make rows, each with one that changes such a row."""
    return [
        (operation, change)
        for operation in target.creating()
        for change in target.items(operation, "patch", "put")[:1]
        if change.fields
    ]


def change_of(target: Target, change: Operation, row: Row, body: Any) -> partial[httpx.Response]:
    values = target.values_for(change, row=row)
    return partial(target.send, change, values, body=body, guest=target.owner(change, row))


def fields_to_change(target: Target, change: Operation) -> list[str]:
    """The fields of a PATCH that may each be sent alone."""
    if change.method != "patch" or (change.body or {}).get("required"):
        return []
    return sorted(change.fields, key=lambda name: change.fields[name].get("format") in TIMES)  # pairs may go together


@probe
def two_changes_at_once(target: Target) -> list[Finding]:
    """Lost updates."""
    return for_each(target, changing(target), _two_changes)


def _two_changes(target: Target, pair: tuple[Operation, Operation]) -> list[Finding]:
    operation, change = pair
    names = fields_to_change(target, change)
    reads = target.items(operation, "get")
    if len(names) < 2 or not reads:
        return []
    lost = 0
    for _ in range(LOST_ROUNDS):
        row = target.create(operation)
        sent = {name: _another(target, change, name, row) for name in names[:2]}
        answers = meet(target, [change_of(target, change, row, {name: value}) for name, value in sent.items()])
        if found := errors(target, answers, "two changes at once"):
            return found
        if not all(each.is_success for each in answers):
            continue
        now = row_of(target.send(reads[0], target.values_for(reads[0], row=row), guest=target.owner(reads[0], row)))
        gone = [name for name, value in sent.items() if name in now and not _same(now[name], value)]
        lost += bool(gone)
        if gone and lost > 1:
            came = f"both were answered {answers[0].status_code}, and {gone[0]} is not what was sent"
            return [target.seen("lost-update", answers[list(sent).index(gone[0])], came)]
    return []


def _another(target: Target, change: Operation, name: str, row: Row) -> Any:
    """A value for a field that it does not have yet."""
    value = target.document.value(name, change.fields[name])
    if type(value) is int and row.answer.get(name) == value:
        return value + 1
    if value == row.answer.get(name) and value == "9.99":
        return "19.99"
    return value


def _same(came: Any, sent: Any) -> bool:
    return bool(came == sent) or str(came) == str(sent)


@probe
def a_change_while_it_is_deleted(target: Target) -> list[Finding]:
    return for_each(target, changing(target), _change_and_deletion)


def _change_and_deletion(target: Target, pair: tuple[Operation, Operation]) -> list[Finding]:
    operation, change = pair
    deletes = target.items(operation, "delete")
    if not deletes:
        return []
    for _ in range(ROUNDS):
        row = target.create(operation)
        values = target.values_for(deletes[0], row=row)
        delete = partial(target.send, deletes[0], values, guest=target.owner(deletes[0], row))
        body = target.change_of(change)
        answers = meet(target, [*[change_of(target, change, row, body)] * 3, delete, delete])
        if found := errors(target, answers, "changed while it is deleted"):
            return found
    return []


@probe
def names_that_are_taken(target: Target) -> list[Finding]:
    """A change into a name that another row has, and two rows that want each other's."""
    return for_each(target, changing(target), _taken_name)


def _taken_name(target: Target, pair: tuple[Operation, Operation]) -> list[Finding]:
    operation, change = pair
    one, other = target.create(operation), target.create(operation)
    body = {name: other.answer[name] for name in operation.fields if name in other.answer}
    again = target.send(operation, one.values, body=body, guest=target.owner(operation, one)) if body else None
    if again is None or again.status_code != httpx.codes.CONFLICT:
        return []  # nothing has to be the only one of its name
    for name in [name for name in change.fields if isinstance(other.answer.get(name), str)]:
        answer = change_of(target, change, one, {**_put(change, one), name: other.answer[name]})()
        if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
            target.errors.clear()
            return [target.seen("conflict-5xx", answer, f"500 for a {name} that another row has")]
        if answer.status_code == httpx.codes.CONFLICT:
            return _swapped(target, operation, change, name)
    return []


def _swapped(target: Target, operation: Operation, change: Operation, name: str) -> list[Finding]:
    for _ in range(SWAP_ROUNDS):
        one, other = target.create(operation), target.create(operation)
        calls = [
            change_of(target, change, row, {**_put(change, row), name: wanted.answer[name]})
            for row, wanted in ((one, other), (other, one))
        ]
        answers = meet(target, calls * 2)
        if found := errors(target, answers, f"two rows that want each other's {name}"):
            return found
    return []


def _put(change: Operation, row: Row) -> dict[str, Any]:
    """For a PUT, all that the row has."""
    return {name: row.answer[name] for name in change.fields if name in row.answer} if change.method == "put" else {}


@probe
def what_is_under_a_row(target: Target) -> list[Finding]:
    """A row with others under it is deleted; and one is made under a row that is being deleted."""
    return for_each(target, [each for each in target.creating() if each.parameters], _under)


def _under(target: Target, under: Operation) -> list[Finding]:
    above = target.maker(under)
    deletes = target.items(above, "delete") if above else []
    if above is None or not deletes:
        return []

    def pair() -> tuple[partial[httpx.Response], partial[httpx.Response]]:
        row = target.create(above)
        values = target.values_for(under, row=row)
        make = partial(target.send, under, values, body=target.body_for(under), guest=target.who_makes(under))
        return make, partial(
            target.send, deletes[0], target.values_for(deletes[0], row=row), guest=target.owner(deletes[0], row)
        )

    make, delete = pair()
    make()
    if (answer := delete()).status_code == httpx.codes.INTERNAL_SERVER_ERROR:
        target.errors.clear()
        return [target.seen("children-5xx", answer, f"500: a row of {under.path} is under it")]
    for _ in range(ROUNDS):
        make, delete = pair()
        answers = meet(target, [make, make, make, delete])
        if found := errors(target, answers, "made while what it is under goes"):
            return found
    return []
