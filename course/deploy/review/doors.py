"""Protected routes: without a token, with a broken one, with somebody else's; and what they give away."""

import re
from collections.abc import Iterator
from typing import Any

import httpx

from course.deploy.kinds import tokens
from course.deploy.review.answers import id_of, row_of, rows_of
from course.deploy.review.document import EMAIL, PASSWORD, USERS, Operation, Schema, snake
from course.deploy.review.finding import Finding, NotJudgedError, for_each, probe
from course.deploy.review.people import ADMINS
from course.deploy.review.target import REFUSED, Row, Target

ANY_ID = "1"
TRIED_WITH_BROKEN_TOKENS = 2  # routes: one function looks at the token of all, as a rule
VERBS = ("get", "patch", "put", "delete")
NOBODYS = "999999937"
OWNERS_DEED = re.compile(
    r"cancel|return|renew|extend|confirm|archive|publish|close|complete|finish|transfer|pay|restore"
)
RIGHTS = re.compile(r"(?:^|_)(?:admin|superuser|staff|verified|roles?|permissions|scopes|balance|credits?)$")
DECIDED = re.compile(r"approved|confirmed|paid|accepted|verified|refunded|granted", re.IGNORECASE)
IN_NAME_OF = re.compile(
    r"^(?:user|owner|author|creator|customer|borrower|member|organi[sz]er)_id$|^(?:created|booked)_by$"
)
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
        body = target.change_of(each)
        answer = target.send(each, values, body=body)
        broken = target.send(each, values, body=body, headers=target.with_token("not-a-token"))
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
            answer = target.send(each, headers=target.with_token(token))
            if answer.is_success and target.send(each, headers=target.with_token(token)).is_success:
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
    items = [each for each in target.items(operation, *VERBS) if each.is_protected]
    acts = [each for each in target.actions if each.is_protected and target.maker(each) is operation]
    if not items + acts:
        return []
    row = target.create(operation, target.ana)
    bob, maker = target.bob, row.guest.name if row.guest else "somebody else"
    listing = target.lists(operation)
    listed = _is_listed(target, listing, row) if listing else None
    refused, allowed = [], []
    for each in sorted(items, key=lambda one: VERBS.index(one.method)):
        answer = _try_as(target, each, row)
        if answer.is_success:
            allowed.append((each, answer))
            if each.method == "delete":
                row = target.create(operation, target.ana)
                answer = _try_as(target, each, row)  # once more
        else:
            refused.append((each, answer))
    reads = next(iter(target.items(operation, "get")), None)
    is_read = reads is not None and (not reads.is_protected or any(each is reads for each, _ in allowed))
    is_public = is_read or (reads is None and listed is True)
    has_owner = any(OWNER.search(name) for name in row.answer) or row.guest is not target.ana
    is_owned = bool(refused) or listed is False or has_owner
    came = "{} for " + bob.name + ", though " + maker + " has made the row"
    found = []
    for each, answer in allowed:
        # To read what others may read is no fault; and what belongs to nobody may be everybody's.
        if each.method != "get" or listed is False:
            found.append(target.seen("row-of-another", answer, came.format(answer.status_code), certain=is_owned))
        elif is_owned:
            why = f"{bob.name} read what {maker} has made, and only you know whether everybody may"
            target.not_judged[f"who may read, of {each.name}"] = why
    for each in acts:
        answer = _try_as(target, each, target.create(operation, target.ana))
        # Who may not read a row may do nothing to it. What all may read, all may do something to, but not everything.
        if answer.is_success and (not is_public or OWNERS_DEED.search(each.collection)):
            certain = is_owned and not is_public
            found.append(target.seen("row-of-another", answer, came.format(answer.status_code), certain=certain))
    if listing and listed and any(each.method == "get" for each, _ in refused):
        answer = target.send(listing, guest=bob)
        found.append(target.seen("list-of-everybody", answer, f"the list of {bob.name} holds a row of {maker}'s"))
    if not is_public:
        for each, answer in refused:
            values = {**row.values, each.parameters[-1]: NOBODYS}
            nobodys = target.send(each, values, guest=bob, body=target.change_of(each))
            if {answer.status_code, nobodys.status_code} == {httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND}:
                came = "403 for a row of another's, 404 for one that is not there"
                found.append(target.seen("403-tells", answer, came))
    return found


def _try_as(target: Target, operation: Operation, row: Row) -> httpx.Response:
    values = target.values_for(operation, row=row)
    return target.send(operation, values, guest=target.bob, body=target.change_of(operation))


@probe
def accounts_of_somebody_else(target: Target) -> list[Finding]:
    changes = [each for each in protected(target) if each.method in VERBS[1:] and each.path.endswith("}")]
    accounts = [each for each in changes if target.maker(each) is None and _names_account(each.parameters[-1])]
    return for_each(target, accounts, _of_an_account)


def _names_account(parameter: str) -> bool:
    return USERS.search(snake(parameter).removesuffix("_id").removesuffix("name")) is not None


def _of_an_account(target: Target, operation: Operation) -> list[Finding]:
    guest, [name, *more] = target.new_guest(), operation.parameters
    named = guest.username if "name" in name else guest.id
    if not named or more:
        raise NotJudgedError("no answer tells by what an account is named")
    answer = target.send(operation, {name: named}, guest=target.bob, body=target.change_of(operation))
    came = f"{answer.status_code} for {target.bob.name}, and the account is somebody else's"
    return [target.seen("row-of-another", answer, came)] if answer.is_success else []


def _is_listed(target: Target, listing: Operation, row: Row) -> bool | None:
    """Does the other one's list hold the row? None if the list can't be read."""
    try:
        values = target.values_for(listing, row=row) if listing.parameters else {}
    except NotJudgedError:
        return None
    answer = target.send(listing, values, guest=target.bob if listing.is_protected else None)
    if not answer.is_success:
        return None
    return any(isinstance(each, dict) and id_of(each, row.operation.collection) == row.id for each in rows_of(answer))


@probe
def fields_that_are_not_the_clients(target: Target) -> list[Finding]:
    """Mass assignment: fields that the schema does not name, and those that it should not."""
    own = [each for each in target.document.operations if each.method in ("patch", "put") and each.for_itself]
    registers = [target.register] if target.register else []
    changes = [each for each in own if each.is_protected and each.fields]
    return for_each(target, [*registers, *changes, *target.creating()], _not_its_own)


def _not_its_own(target: Target, operation: Operation) -> list[Finding]:
    is_account = operation is target.register or operation.method != "post"
    extra = {name: value for name, value in PRIVILEGES.items() if name not in operation.fields}
    guest = target.new_guest() if operation.method != "post" else target.who_makes(operation)
    if guest is target.ana:
        guest = target.bob  # in many apps the first who registers may do more than others
    values = target.values_for(operation, guest)
    found: list[Finding] = []

    def attempt(one: Operation, values: dict[str, str], sent: Schema, *, certain: bool) -> httpx.Response:
        body = target.registration() if one is target.register else target.change_of(one) or {}
        answer = target.send(one, values, body={**body, **sent}, guest=guest)
        found.extend(_taken(target, answer, sent, certain=certain))
        return answer

    for name, value in _offered(target, operation, is_account=is_account):
        attempt(operation, values, {name: value}, certain=is_account)
    answer = attempt(operation, values, extra, certain=True)
    row = target.rows[-1] if target.rows and target.rows[-1].operation is operation and answer.is_success else None
    for change in target.items(operation, "patch", "put") if row else []:
        if change.is_protected:
            sent = {name: value for name, value in extra.items() if name not in change.fields}
            attempt(change, target.values_for(change, row=row), sent, certain=True)
    return found


def _offered(target: Target, operation: Operation, *, is_account: bool) -> Iterator[tuple[str, Any]]:
    """The fields of a schema that are not for whoever asks, each with a value that would do them good."""
    for name, schema in operation.fields.items():
        kind, choices = schema.get("type", ""), [each for each in schema.get("enum", []) if isinstance(each, str)]
        if is_account and RIGHTS.search(snake(name)):
            usual = {"boolean": True, "integer": 999_999_937, "number": 999_999_937.0, "string": "admin"}
            rights = [each for each in choices if ADMINS.search(each)]
            yield from [(name, each) for each in (rights if choices else [usual.get(kind)])[:1] if each]
        elif not is_account and operation.is_protected:
            if name in ("status", "state"):
                yield from [(name, each) for each in choices if DECIDED.search(each)][:1]
            elif DECIDED.search(name) and kind == "boolean":
                yield name, True
            elif IN_NAME_OF.search(snake(name)) and target.ana.id and target.maker_of(snake(name), operation) is None:
                yield name, int(target.ana.id) if kind == "integer" else target.ana.id


def _taken(target: Target, answer: httpx.Response, extra: Schema, *, certain: bool) -> list[Finding]:
    body = row_of(answer)
    taken = [name for name, value in extra.items() if name in body and _is_same(body[name], value)]
    if not answer.is_success or not taken:
        return []
    came = f"the answer holds what was sent as {', '.join(taken)}"
    return [target.seen("mass-assignment", answer, came, certain=certain)]


def _is_same(came: Any, sent: Any) -> bool:
    if isinstance(sent, str) and isinstance(came, str):
        return came[:10] == sent[:10]
    # An id that happens to be 1 shows nothing.
    return bool(came == sent) and type(came) is type(sent) and (sent is True or sent != 1)


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
