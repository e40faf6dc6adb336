"""Protected routes: without a token, with a broken one, with somebody else's; and what they give away."""

import re
from typing import Any

import httpx

from course.deploy.kinds import tokens
from course.deploy.review.document import EMAIL, PASSWORD, Operation
from course.deploy.review.finding import Finding, NotJudgedError, for_each, probe
from course.deploy.review.target import Row, Target, body_of, rows_of
from course.deploy.verify.caller import bearer

ANY_ID = "1"
REFUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
TRIED_WITH_BROKEN_TOKENS = 2  # routes: one function looks at the token of all, as a rule
OWNER = re.compile(r"owner|author|user|creator|account", re.IGNORECASE)
GIVEN_AWAY = re.compile(r"pass(?:word|wd)|hash(?:ed)?_?p|^salt$|secret|private_key", re.IGNORECASE)
# What nobody may set who only makes or changes a row of their own.
PRIVILEGES: dict[str, Any] = {
    **{"is_admin": True, "is_superuser": True, "is_staff": True, "is_verified": True, "admin": True},
    **{"role": "admin", "roles": ["admin"], "owner_id": 1, "user_id": 1, "author_id": 1, "created_by": 1},
    **{"hashed_password": "x", "id": 999_999_937, "created_at": "2001-01-01T00:00:00Z", "balance": 999_999_937},
}


def protected(target: Target) -> list[Operation]:
    """The protected operations. Raises NotJudgedError if the document names none."""
    found = [each for each in target.document.operations if each.is_protected]
    if not found:
        raise NotJudgedError("the document names no route that takes a token")
    return found


@probe
def routes_without_a_token(target: Target) -> list[Finding]:
    found = []
    # Who may not make a row without a token may not change one either, whatever the document says.
    forgotten = [
        each
        for operation in target.creating()
        if operation.is_protected
        for each in target.items(operation, "put", "patch", "delete")
        if not each.is_protected
    ]
    for each in [*protected(target), *forgotten]:
        try:
            values = target.values_for(each, target.ana)
        except NotJudgedError:
            values = dict.fromkeys(each.parameters, ANY_ID)
        body = _change(target, each)
        answer = target.send(each, values, body=body)
        broken = target.send(each, values, body=body, headers=bearer("not-a-token"))
        # A 404 or a 422 comes from behind the door too, but shows nothing that is certain.
        if answer.is_success:
            is_asked_for = each.method == "get" and broken.status_code in REFUSED
            found.append(target.seen("optional-token" if is_asked_for else "open-without-token", answer))
        for refused in (answer, broken):
            if refused.status_code == httpx.codes.UNAUTHORIZED and "www-authenticate" not in refused.headers:
                came = "401 without the header WWW-Authenticate"
                found.append(target.seen("401-without-www-authenticate", refused, came))
                break
    return found


@probe
def routes_with_a_broken_token(target: Target) -> list[Finding]:
    ana = target.ana
    if ana.token.count(".") != 2:
        raise NotJudgedError("its tokens are not JSON Web Tokens")
    forged = {what: (_kind_of(what), token) for what, token in tokens.forged_without_the_secret(ana.token).items()}
    if target.served and target.served.secret_signs(ana.token):
        signed = tokens.forged_with_the_secret(ana.token, target.served.secret)
        forged |= {what: ("loose-token", token) for what, token in signed.items()}
    routes = [each for each in protected(target) if each.method == "get" and not each.parameters]
    if not routes:
        raise NotJudgedError("no protected route can be read without naming a row")
    found = []
    for each in routes[:TRIED_WITH_BROKEN_TOKENS]:
        if not target.send(each, guest=ana).is_success:
            continue
        for what, (kind, token) in forged.items():
            if what == "issued a minute from now":
                continue  # PyJWT's own choice; no harm comes of it
            answer = target.send(each, headers=bearer(token))
            if answer.is_success and target.send(each, headers=bearer(token)).is_success:
                found.append(target.seen(kind, answer, f"{answer.status_code} for a token with: {what}"))
            elif answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
                found.append(target.seen("broken-token-5xx", answer, f"500 for a token with: {what}"))
                target.errors.clear()
    return found


def _kind_of(what: str) -> str:
    """What it means that a token is taken which nobody has signed so: base64 has more than one spelling for bytes."""
    return "token-spelling" if "padding" in what or what == "a character added" else "broken-token"


@probe
def rows_of_somebody_else(target: Target) -> list[Finding]:
    """Broken object level authorization."""
    protected_ones = [each for each in target.creating() if each.is_protected]
    return for_each(target, protected_ones, _of_somebody_else)


def _of_somebody_else(target: Target, operation: Operation) -> list[Finding]:
    items = target.items(operation, "get", "put", "patch", "delete")
    if not any(each.is_protected for each in items):
        return []
    row = target.create(operation, target.ana)
    bob = target.bob
    listing = target.lists(operation)
    listed = _is_listed(target, listing, row) if listing else None
    refused, allowed = [], []
    for each in sorted(items, key=lambda one: ("get", "patch", "put", "delete").index(one.method)):
        if not each.is_protected:
            continue
        answer = _try_as(target, each, row)
        if answer.is_success:
            allowed.append((each, answer))
            if each.method == "delete":
                row = target.create(operation, target.ana)
                answer = _try_as(target, each, row)  # once more
        else:
            refused.append((each, answer))
    reads = next((each for each in items if each.method == "get"), None)
    is_public = reads is not None and (not reads.is_protected or any(each is reads for each, _ in allowed))
    is_owned = bool(refused) or listed is False or any(OWNER.search(name) for name in row.answer)
    found = []
    for each, answer in allowed:
        # To read what others may read is no fault; and what belongs to nobody may be everybody's.
        if each.method == "get" and listed is not False:
            continue
        came = f"{answer.status_code} for {bob.name}, though {target.ana.name} has made the row"
        found.append(target.seen("row-of-another", answer, came, certain=is_owned))
    if listed and any(each.method == "get" for each, _ in refused):
        answer = target.send(listing, guest=bob)  # type: ignore[arg-type]
        found.append(target.seen("list-of-everybody", answer, f"the list of {bob.name} holds a row of ANA's"))
    if not is_public:
        for each, answer in refused:
            nobodys = target.send(each, _with_id(each, row, "999999937"), guest=bob, body=_change(target, each))
            if {answer.status_code, nobodys.status_code} == {httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND}:
                came = "403 for a row of another's, 404 for one that is not there"
                found.append(target.seen("403-tells", answer, came))
    return found


def _try_as(target: Target, operation: Operation, row: Row) -> httpx.Response:
    values = target.values_for(operation, row=row)
    return target.send(operation, values, guest=target.bob, body=_change(target, operation))


def _with_id(operation: Operation, row: Row, other: str) -> dict[str, str]:
    return {**row.values, operation.parameters[-1]: other}


def _change(target: Target, operation: Operation) -> Any:
    """A body that changes one field, or all of them for a PUT."""
    if not operation.body:
        return None
    if sample := target.body_for(operation):
        return sample
    name = next(iter(operation.fields))
    return {name: target.document.value(name, operation.fields[name])}


def _is_listed(target: Target, listing: Operation, row: Row) -> bool | None:
    """Does the other one's list hold the row? None if the list can't be read."""
    try:
        values = target.values_for(listing, row=row) if listing.parameters else {}
    except NotJudgedError:
        return None
    answer = target.send(listing, values, guest=target.bob if listing.is_protected else None)
    if not answer.is_success:
        return None
    return any(isinstance(each, dict) and str(each.get("id")) == row.id for each in rows_of(answer))


@probe
def fields_that_are_not_the_clients(target: Target) -> list[Finding]:
    """Mass assignment."""
    found = []
    for operation in target.creating():
        guest = target.ana if operation.is_protected else None
        extra = {name: value for name, value in PRIVILEGES.items() if name not in operation.fields}
        try:
            values, body = target.values_for(operation, guest), target.body_for(operation)
        except NotJudgedError:
            continue
        answer = target.send(operation, values, body={**body, **extra}, guest=guest)
        found += _taken(target, answer, extra)
        for change in target.items(operation, "patch", "put"):
            if change.is_protected and target.rows and target.rows[-1].operation is operation:
                sent = {name: value for name, value in extra.items() if name not in change.fields}
                row = target.rows[-1]
                body = {**_change(target, change), **sent}
                answer = target.send(change, target.values_for(change, row=row), body=body, guest=guest)
                found += _taken(target, answer, sent)
    if target.register:
        extra = {name: value for name, value in PRIVILEGES.items() if name not in target.register.fields}
        answer = target.send(target.register, body={**target.registration(), **extra})
        found += _taken(target, answer, extra)
    return found


def _taken(target: Target, answer: httpx.Response, extra: dict[str, Any]) -> list[Finding]:
    body = body_of(answer)
    taken = [name for name, value in extra.items() if name in body and _is_same(body[name], value)]
    if not answer.is_success or not taken:
        return []
    return [target.seen("mass-assignment", answer, f"the answer holds what was sent as {', '.join(taken)}")]


def _is_same(came: Any, sent: Any) -> bool:
    if isinstance(sent, str) and isinstance(came, str):
        return came[:10] == sent[:10]
    # An id that happens to be 1 shows nothing.
    return bool(came == sent) and type(came) is type(sent) and sent != 1


@probe
def fields_that_answers_give_away(target: Target) -> list[Finding]:
    found = []
    ana, bob = target.ana, target.bob
    for each in target.document.operations:
        if each.method != "get":
            continue
        try:
            values = target.values_for(each, ana)
        except NotJudgedError:
            continue
        own = target.send(each, values, guest=ana if each.is_protected else None)
        if secret := sorted(name for name in _names(own) if GIVEN_AWAY.search(name)):
            found.append(target.seen("secret-field", own, f"the answer has the field {secret[0]}"))
        others = target.send(each, values, guest=bob if each.is_protected else None)
        if ana.email and ana.email in others.text and any(EMAIL.search(name) for name in _names(others)):
            found.append(target.seen("email-of-others", others, f"the e-mail of {ana.name}, asked by somebody else"))
    return found


def _names(answer: httpx.Response) -> list[str]:
    """The names of all fields of an answer."""
    return re.findall(r'"(\w+)"\s*:', answer.text) if "json" in answer.headers.get("content-type", "") else []


@probe
def what_an_error_repeats(target: Target) -> list[Finding]:
    found = []
    if target.register:
        marker = "no-answer-repeats-me"
        body = target.registration()
        name = next(key for key in body if PASSWORD.search(key))
        others = {key: "" if key != name else marker for key in body}
        for sent in (others, {**body, name: [marker]}, {**body, "unknown-field": marker, name: marker * 40}):
            answer = target.send(target.register, body=sent)
            if not answer.is_success and marker in answer.text:
                found.append(target.seen("echoed-password", answer))
                break
    return found


@probe
def accounts_that_are_gone(target: Target) -> list[Finding]:
    """A token outlives its user, if the app allows to delete oneself, or the database is the review's own."""
    route = next((each for each in protected(target) if each.method == "get" and not each.parameters), None)
    if route is None:
        raise NotJudgedError("no protected route can be read without naming a row")
    if target.served is None:
        raise NotJudgedError("whether a token outlives its user is seen in a database of the review's own")
    found = []
    for kind, change in (("switched-off", target.served.switch_off), ("ghost", target.served.delete_user)):
        guest = target.new_guest()
        if not target.send(route, guest=guest).is_success or not change(guest.email or guest.username):
            continue
        answer = target.send(route, guest=guest)
        what = "deleted" if kind == "ghost" else "switched off"
        if answer.is_success and target.send(route, guest=guest).is_success:
            found.append(target.seen(f"{kind}-user", answer, f"{answer.status_code}, though the user is {what}"))
        elif answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
            found.append(target.seen("ghost-user", answer, f"500 for the token of a user who is {what}"))
            target.errors.clear()
    return found
