"""The app that is reviewed: what can be made there, what that needs first, and what was made."""

import re
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from course.deploy.review.answers import id_of, row_of, rows_of, shown
from course.deploy.review.asking import ANSWER_SECONDS, Guest, sent_with, values_in
from course.deploy.review.document import PASSWORD, REFERENCE, USERS, Operation, Schema, singular, snake
from course.deploy.review.finding import NotJudgedError
from course.deploy.review.people import People

REFUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
CROWD = 5
OF_ONES_OWN = ("me", "mine", "my", "own", "all")  # the last word of a list's path, behind what it lists


@dataclass
class Row:
    """Something that a request has made there."""

    operation: Operation  # that made it
    values: dict[str, str]  # for the names in braces of that operation's path
    id: str
    answer: Schema
    guest: Guest | None
    location: str = ""

    @property
    def key(self) -> Any:
        """Its id, as another row names it."""
        return self.answer.get("id", _key(self.id))


def _key(name: str) -> Any:
    return int(name) if name.isdecimal() else name


class Target(People):
    """An app, and the rows that were made there."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.rows: list[Row] = []  # that are there
        self.written = 0
        self._lock = threading.Lock()
        self._makers: dict[tuple[str, str], Operation | None] = {}
        self._for_admins: set[str] = set()  # operations that others may not ask for
        self._need_new: set[str] = set()  # operations that take each row of others once: a seat, a copy
        self._making: list[str] = []

    def _note(self, response: httpx.Response) -> None:
        super()._note(response)
        if response.request.method == "POST" and response.status_code in (httpx.codes.OK, httpx.codes.CREATED):
            response.read()
            self._note_row(response)
        elif response.request.method == "DELETE" and response.is_success:
            self._note_deletion(response.request.url.path)

    def _note_row(self, response: httpx.Response) -> None:
        """Remember what a request has made: it is to go again."""
        operation = self.operation_at(response.request)
        if operation is None or operation in (self.register, self.login):
            return
        answer, values = row_of(response), values_in(operation, response.request.url.path) or {}
        location = response.headers.get("location", "")
        made = id_of(answer, operation.collection) or location.rstrip("/").rpartition("/")[2]
        if made and not (operation in self.actions and made in values.values()):
            sent = sent_with(response.request).items()
            given = next((each for each in self.guests if each.headers and each.headers.items() <= sent), None)
            with self._lock:
                self.rows.append(Row(operation, values, made, answer, given, location))
                self.written += 1

    def _note_deletion(self, path: str) -> None:
        """Forget a row that is gone: nothing else may name it."""

        def is_it(row: Row) -> bool:
            deletes = self.items(row.operation, "delete") if path.endswith(f"/{row.id}") else []
            return any(values_in(each, path) is not None for each in deletes)

        with self._lock:
            self.rows = [each for each in self.rows if not is_it(each)]

    # What can be made

    @cached_property
    def _posts(self) -> list[Operation]:
        entrances = (self.register, self.login)
        posts = [each for each in self.document.operations if each.method == "post" and each not in entrances]
        return sorted((each for each in posts if not each.field(PASSWORD)), key=lambda each: len(each.parameters))

    @cached_property
    def actions(self) -> list[Operation]:
        """The operations that do something to a row, as in POST /loans/{loan_id}/return."""
        return [
            each
            for each in self._posts
            if not each.body and each.parameters and singular(each.collection) == snake(each.collection)
        ]

    def creating(self) -> list[Operation]:
        """The operations that make a row, those that need no other row first."""
        made = [each for each in self._posts if each not in self.actions and (each.body or each.parameters)]
        return sorted(made, key=lambda each: len(each.references))

    def maker(self, operation: Operation, name: str | None = None) -> Operation | None:
        """The operation that makes what the last, or the named, parameter of a path stands for."""
        name = name or (operation.parameters or [""])[-1]
        if name and (operation.name, name) not in self._makers:
            self._makers[operation.name, name] = self._find_maker(operation, name)
        return self._makers.get((operation.name, name))

    def _find_maker(self, operation: Operation, name: str) -> Operation | None:
        collection, braces, _ = re.split(rf"/?(\{{{name}(?::\w+)?\}})", operation.path, maxsplit=1)
        makers = [each for each in self.creating() if each is not operation]
        if exact := [each for each in makers if each.path.rstrip("/") == collection]:
            return exact[0]
        said = REFERENCE.fullmatch(snake(name))
        for word in (collection.rpartition("/")[2], said[1] if said else name):
            if named := [each for each in makers if "{" not in word and each.is_of(word)]:
                return named[0]
        reads = [each for each in self.document.operations if each.method == "get" and each.answer]
        answers = [each.answer for each in reads if each.path == f"{collection}/{braces}"]
        return next((each for each in makers if each.answer in answers), None)

    def items(self, operation: Operation, *methods: str) -> list[Operation]:
        """The operations on one row of what an operation makes."""
        return [
            each
            for each in self.document.operations
            if each.method in methods and each.path.endswith("}") and self.maker(each) is operation
        ]

    def lists(self, operation: Operation) -> Operation | None:
        """The operation that lists what an operation makes."""
        reads = [each for each in self.document.operations if each.method == "get"]
        exact = [each for each in reads if each.path.rstrip("/") == operation.path.rstrip("/")]
        word = singular(operation.collection)
        own = [each for each in reads if not each.parameters and word in map(singular, each.path.split("/")[-2:])]
        own = [each for each in own if singular(each.collection) == word or each.collection in OF_ONES_OWN]
        return next(iter(exact + own), None)

    # What is made

    def who_makes(self, operation: Operation) -> Guest | None:
        """Who asks for an operation: nobody in particular, ANA, or somebody who may do more."""
        if not operation.is_protected:
            return None
        return self.admin if operation.name in self._for_admins else self.ana

    def owner(self, operation: Operation, row: Row) -> Guest | None:
        """Who may ask for an operation on a row."""
        return (row.guest or self.ana) if operation.is_protected else None

    def create(
        self,
        operation: Operation,
        guest: Guest | None = None,
        values: dict[str, str] | None = None,
        changed: Mapping[str, Any] = {},
    ) -> Row:
        """Make a new row. Raises NotJudgedError if what the document describes is refused."""
        if operation.name in self._making:
            raise NotJudgedError(f"what {operation.name} makes needs another of its kind first")
        self._making.append(operation.name)
        try:
            return self._create(operation, guest or self.who_makes(operation), values, changed)
        finally:
            self._making.pop()

    def _create(
        self, operation: Operation, guest: Guest | None, values: dict[str, str] | None, changed: Mapping[str, Any]
    ) -> Row:
        refused = ""
        values = values or self.values_for(operation, guest)
        for new in (False, True) if operation.references else (False,):
            for whole in (False, True):
                body = {**self.body_for(operation, whole=whole, new=new), **changed}
                before = self.written
                response = self.send(operation, values, body=body, guest=guest)
                if response.is_success and self.written > before:
                    self._need_new |= {operation.name} if new else set()
                    return self.rows[-1]
                if response.status_code in REFUSED and guest and guest is not self.admin and self.admin:
                    self._for_admins.add(operation.name)
                    return self._create(operation, self.admin, values, changed)
                refused = refused or f"{operation.name} was answered {response.status_code}: {shown(response)}"
                if response.status_code in REFUSED:
                    refused += ", and review.toml names nobody who may: [admin] email, password"
        if operation.body:
            refused += f'; review.toml may say a body that is taken: [bodies."{operation.name}"]'
        raise NotJudgedError(f"no row could be made: {refused}")

    @cached_property
    def crowd(self) -> list[Guest]:
        """Several people."""
        return [self.ana, self.bob, *(self.new_guest() for _ in range(CROWD - 2))]

    def named_by(self, operation: Operation) -> list[Operation]:
        """The operations that make what an operation's body names."""
        return [each for word in operation.references.values() if (each := self.maker_of(word, operation))]

    def maker_of(self, word: str, operation: Operation) -> Operation | None:
        """The operation that makes what another's body calls by a word."""
        word = word.removesuffix("_id")
        return next((each for each in self.creating() if each.is_of(word) and each is not operation), None)

    def body_for(
        self, operation: Operation, *, whole: bool = False, new: bool = False, rows: Sequence[Row] = ()
    ) -> Schema:
        """A body that should be taken, with ids of these rows, of others that are there, or that are made for it.

        Raises NotJudgedError if a row that it has to name can't be made.
        """
        told = self.told.get("bodies", {}).get(operation.name, {})
        known: dict[str, object] = {}
        for name, word in operation.references.items():
            must = name in operation.required or name not in operation.fields
            if name in told or not (must or whole):
                continue
            with suppress(*(() if must else (NotJudgedError,))):
                known[name] = self._named(operation, name, word, rows, new=new or operation.name in self._need_new)
        return {**self.document.sample(operation, known, whole=whole), **told}

    def _named(self, operation: Operation, name: str, word: str, rows: Sequence[Row], *, new: bool) -> Any:
        """The id of a row that a body names."""
        maker = self.maker_of(word, operation)
        if maker is None and USERS.search(word) and self.ana.id:
            return _key(self.ana.id)
        if maker is None:
            raise NotJudgedError(f"what {name} names is made by no other operation: review.toml may say it, in bodies")
        known = [each for each in (*(() if new else self.rows), *rows) if each.operation is maker]
        return (known[-1] if known else self._made_or_listed(maker)).key

    def _made_or_listed(self, maker: Operation) -> Row:
        """A new row; where only somebody else may make one, one that is there."""
        try:
            return self.create(maker)
        except NotJudgedError:
            listing = self.lists(maker)
            if listing is None or listing.parameters:
                raise
            answer = self.send(listing, guest=self.ana if listing.is_protected else None)
            rows = [each for each in rows_of(answer) if id_of(each, maker.collection)] if answer.is_success else []
            if not rows:
                raise
            row = secrets.choice(rows)
            return Row(maker, {}, id_of(row, maker.collection), row, None)

    def values_for(self, operation: Operation, guest: Guest | None = None, row: Row | None = None) -> dict[str, str]:
        """What stands for the names in the operation's path: a row's own id last, and those that it is under before.

        Without a row, a new one is made where one is needed. Raises NotJudgedError if it can't be.
        """
        values = dict(row.values) if row else {}
        missing = [name for name in operation.parameters if name not in values]
        if row and missing:
            name = missing.pop()
            values[name] = _named_so(row, name)
        for name in missing:
            maker = self.maker(operation, name)
            someone = guest or (self.guests[0] if self.guests else None)
            if maker is None and USERS.search(snake(name).removesuffix("_id")) and someone and someone.id:
                values[name] = someone.id
                continue
            if maker is None:
                raise NotJudgedError(f"what stands for {{{name}}} in {operation.path} is made by no other operation")
            own = guest if maker.is_protected and maker.name not in self._for_admins else None
            values[name] = _named_so(self.create(maker, own), name)
        return values

    def change_of(self, operation: Operation) -> Any:
        """A body that changes one field, or all of them for a PUT; None for an operation without a body."""
        if not operation.body:
            return None
        if sample := self.body_for(operation):
            return sample
        name = next(iter(operation.fields))
        return {name: self.document.value(name, operation.fields[name])}

    # What goes again

    def leave(self) -> list[str]:
        """Delete what was made there, as far as the app allows, and say what stays."""
        self._requests_max, self._until = self.requests + 10 * len(self.rows) + 100, time.monotonic() + ANSWER_SECONDS
        stays: dict[str, int] = {}
        for row in reversed(self.rows):
            deletes = self.items(row.operation, "delete")
            if not (deletes and self._deletes(deletes[0], row)):
                stays[row.operation.path] = stays.get(row.operation.path, 0) + 1
        for guest in self.guests:
            if not self._deletes_account(guest):
                stays["accounts"] = stays.get("accounts", 0) + 1
        self.http.close()
        return [f"{what}: {count}" for what, count in stays.items()]

    def _deletes_account(self, guest: Guest) -> bool:
        for each in self.document.operations:
            if each.method == "delete" and each.for_itself:
                body = dict.fromkeys(each.fields, guest.password)
                with suppress(httpx.HTTPError):
                    return self.send(each, body=body or None, guest=guest).is_success
        return False

    def _deletes(self, operation: Operation, row: Row) -> bool:
        try:
            values = self.values_for(operation, row=row)
            status = self.send(operation, values, guest=row.guest).status_code
        except (NotJudgedError, httpx.HTTPError):
            return False
        return status < httpx.codes.BAD_REQUEST or status in (httpx.codes.NOT_FOUND, httpx.codes.GONE)


def _named_so(row: Row, name: str) -> str:
    """A row by the field that a path's parameter is called after, such as slug; or by its id."""
    named = row.answer.get(name)
    return str(named) if isinstance(named, str | int) else row.id
