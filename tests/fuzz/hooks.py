"""What no OpenAPI document can say to Schemathesis: what a good e-mail, password, cursor and whole number look like.

Schemathesis loads this file (SCHEMATHESIS_HOOKS). Only requests that are meant to be good are touched. Those that are
meant to be refused go out as they are.
"""

from typing import Any

import email_validator
import schemathesis
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

PASSWORD_BYTES_MAX = 72


def is_email(text: str) -> bool:
    """Whether it is an address by the library that the stages ask. Hypothesis knows the grammar only.

    Schemathesis has its own opinion of international domains in their ASCII spelling, so they are left to the tests.
    """
    if "xn--" in text.lower():
        return False
    try:
        email_validator.validate_email(text, check_deliverability=False)
    except email_validator.EmailNotValidError:
        return False
    return True


def fits_bcrypt(text: str) -> bool:
    """Whether it has no more bytes than bcrypt reads. JSON Schema counts characters, and knows no bytes."""
    return len(text.encode()) <= PASSWORD_BYTES_MAX


anything = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
schemathesis.openapi.format("email", st.emails().filter(is_email))
schemathesis.openapi.format("password", anything.filter(fits_bcrypt))

cursors: dict[str, str | None] = {}  # the last one that each list has handed out


def listing(case: Any) -> str:
    """Name the list that a request reads: its path and its filters. A cursor of one is worth nothing in another."""
    filters = {name: value for name, value in case.query.items() if name not in ("cursor", "limit")}
    return f"{case.formatted_path} {sorted(filters.items(), key=repr)}"


def takes_cursor(case: Any) -> bool:
    """Whether the operation is a list."""
    return any(parameter.name == "cursor" for parameter in case.operation.query)


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Remember the cursor of a page."""
    if response.status_code == 200 and takes_cursor(case):
        cursors[listing(case)] = response.json()["next_cursor"]


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Put a cursor that the list has handed out in the place of one made up, and write 618.0 as 618."""
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if takes_cursor(case) and "cursor" in case.query:
        others = {name: value for name, value in case.query.items() if name != "cursor"}
        own = cursors.get(listing(case))
        case.query = others if own is None else others | {"cursor": own}
    if isinstance(case.body, dict):  # to JSON Schema 618.0 is an integer, and to the contract it is none
        whole = {name: int(value) for name, value in case.body.items() if type(value) is float and value.is_integer()}
        if whole:
            case.body = case.body | whole
