"""What clients may send."""

from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from app.models import Note, Product
from app.models.base import MAX_ID
from app.schemas.auth import Email, Password, UserCreate, fits_bcrypt, normalise_email
from app.schemas.common import row_id
from app.schemas.notes import Content, NoteCreate, NotePatch, NoteRead, Title
from app.schemas.products import ProductCreate, ProductPatch, ProductRead


def accepted(kind: object, value: object) -> object:
    return TypeAdapter(kind).validate_python(value)


def assert_refused(kind: object, value: object) -> None:
    try:
        accepted(kind, value)
    except ValidationError:
        refused = True
    else:
        refused = False
    assert refused, f"it took {value!r}"


@pytest.mark.parametrize("number", [1, 42, MAX_ID])
def test_an_id_is_digits(number):
    assert row_id(str(number)) == number


@pytest.mark.parametrize(
    "text",
    ["", "0", "07", "+7", "-7", " 7", "7 ", "7\n", "7.0", "1_0", "1e3", "x", "\uff17", "\u0667", "\u00b2",
     "1\uff17", str(MAX_ID + 1), "9" * 5_000],
    ids=["nothing", "0", "zero first", "plus", "minus", "space before", "space behind", "new line", "point",
         "underscore", "exponent", "letter", "a full-width 7", "an Arabic 7", "a raised 2",
         "a full-width 7 behind a 1", "too large", "5000 digits"],
)  # fmt: skip
def test_anything_else_is_no_id(text):
    with pytest.raises(ValueError):  # noqa: PT011 (in whatever words)
        row_id(text)


def test_an_email_is_kept_in_lower_case():
    assert accepted(Email, "Ana.Lima@Example.COM") == "ana.lima@example.com"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ZOE\u0308@EXAMPLE.COM", "zo\u00eb@example.com"),
        ("\u03bf\u03c3@example.com", "\u039f\u03a3@example.com"),  # a Greek sigma, small and capital
        ("\u03bf\u03c2@example.com", "\u039f\u03a3@example.com"),  # at the end of a word it has a third form
        ("stra\u00dfe@example.com", "STRASSE@example.com"),
        ("\u0390@example.com", "\u03aa\u0301@example.com"),  # folded, it falls apart into a letter and two accents
        ("ana@xn--mnchen-3ya.de", "ana@m\u00fcnchen.de"),
    ],
    ids=["an accent", "a Greek sigma", "a last sigma", "a sharp s", "two accents", "a domain in ASCII"],
)
def test_an_email_in_any_alphabet_has_one_spelling(one, other):
    assert accepted(Email, one) == accepted(Email, other)


@pytest.mark.parametrize(
    "text", ["", "ana", "ana@", "@example.com", "a b@example.com", "a@b@example.com", "Ana <ana@example.com>"]
)
def test_what_is_no_email_is_refused(text):
    assert_refused(Email, text)


def test_a_refused_email_is_not_repeated():
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (in whatever words)
        normalise_email("ana.lima at example.com")

    assert "ana.lima" not in str(caught.value)


def test_an_email_that_is_too_long_is_refused_before_it_is_read(monkeypatch):
    read = "app.schemas.auth.validate_email"
    monkeypatch.setattr(read, lambda *_, **__: pytest.fail("the library has been handed a text of any length"))
    assert_refused(Email, "a" * 321 + "@example.com")


@pytest.mark.parametrize("kind", [Title, Content, Password], ids=["title", "content", "password"])
def test_a_nul_character_is_refused_in_any_text(kind):
    assert_refused(kind, "before\0after")
    assert_refused(kind, "and at the end\0")


def test_any_other_character_is_kept_as_it_was_sent():
    text = " \t\r\n\u202e\U0001f469\u200d\U0001f4bb\uffff \n"

    assert accepted(Title, text) == text


def test_a_title_has_1_to_200_characters():
    assert accepted(Title, "\U0001f600" * 200) == "\U0001f600" * 200
    assert_refused(Title, "x" * 201)
    assert_refused(Title, "")


def test_a_content_has_up_to_20000_characters():
    assert accepted(Content, "") == ""
    assert accepted(Content, "x" * 20_000) == "x" * 20_000
    assert_refused(Content, "x" * 20_001)


def test_a_password_of_72_bytes_is_accepted():
    assert accepted(Password, "é" * 36) == "é" * 36


@pytest.mark.parametrize(
    "password", ["x" * 73, "\U0001f600" * 19, "with a \0 in it"], ids=["73 bytes", "19 emoji", "NUL"]
)
def test_a_password_that_bcrypt_can_not_read_is_refused(password):
    assert_refused(Password, password)
    with pytest.raises(ValueError):  # noqa: PT011 (in whatever words)
        fits_bcrypt(password)


def test_a_password_of_7_characters_is_refused():
    assert_refused(Password, "1234567")


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        pytest.param(NoteCreate, {"title": "x", "content": "", "owner_id": 1}, id="NoteCreate, unknown owner_id"),
        pytest.param(NoteCreate, {"title": 5, "content": ""}, id="NoteCreate, title 5"),
        pytest.param(NoteCreate, {"title": "x", "content": None}, id="NoteCreate, content null"),
        pytest.param(NoteCreate, {"title": "x"}, id="NoteCreate, no content"),
        pytest.param(NotePatch, {"title": None}, id="NotePatch, title null"),
        pytest.param(NotePatch, {"title": 5}, id="NotePatch, title 5"),
        pytest.param(NotePatch, {"owner_id": 1}, id="NotePatch, unknown owner_id"),
        pytest.param(NoteCreate, {"title": "x\0", "content": ""}, id="NoteCreate, NUL in the title"),
        pytest.param(NoteCreate, {"title": "x", "content": "\0"}, id="NoteCreate, NUL in the content"),
        pytest.param(NotePatch, {"title": ""}, id="NotePatch, empty title"),
        pytest.param(NotePatch, {"content": "x" * 20_001}, id="NotePatch, content of 20001 characters"),
        pytest.param(UserCreate, {}, id="UserCreate, nothing"),
        pytest.param(UserCreate, {"email": 5, "password": "short"}, id="UserCreate, e-mail 5"),
    ],
)
def test_an_unknown_field_a_wrong_type_null_and_a_missing_field_are_refused(schema, body):
    assert_refused(schema, body)


def test_an_unknown_field_of_a_new_user_is_refused():
    with pytest.raises(ValidationError) as caught:
        UserCreate.model_validate({"is_active": True})

    assert ("is_active",) in [problem["loc"] for problem in caught.value.errors()]


@pytest.mark.parametrize(("field", "value"), [("email", "no e-mail"), ("password", "x" * 73)])
def test_an_email_and_a_password_are_checked_by_their_types(field, value):
    try:
        with pytest.raises(ValidationError) as caught:
            UserCreate.model_validate({field: value})
        refused = (field,) in [problem["loc"] for problem in caught.value.errors()]
    except NotImplementedError:  # the type's function is called, and not written yet
        refused = True

    assert refused, f"{field} took {value!r}"


def test_a_change_holds_what_was_sent_and_nothing_else():
    assert accepted(NotePatch, {"title": "Milk"}) == {"title": "Milk"}
    assert accepted(NotePatch, {}) == {}


def test_a_note_is_read_from_a_row_and_the_owner_is_not_shown():
    shown = NoteRead.model_validate(Note(id=7, owner_id=1, title="Milk", content="Two litres")).model_dump()

    assert shown == {"id": 7, "title": "Milk", "content": "Two litres"}


def test_each_field_of_a_note_that_goes_out_has_an_example_for_the_docs():
    fields = NoteRead.model_json_schema()["properties"]

    without_an_example = [name for name, field in fields.items() if "examples" not in field]
    assert without_an_example == []


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 201},
        {"name": "with a \0 in it"},
        {"name": None},
        {"quantity": -1},
        {"quantity": 2**31},
        {"quantity": "3"},
        {"quantity": 3.0},
        {"quantity": True},
        {"price": 9.99},
        {"price": None},
        {"owner_id": 1},
    ],
)
@pytest.mark.parametrize("schema", [ProductCreate, ProductPatch])
def test_a_product_that_breaks_a_rule_is_refused(schema, changes):
    assert_refused(schema, {"name": "Lamp", "price": "9.99", "quantity": 3, **changes})


def test_a_product_at_its_limits_is_taken():
    product = ProductCreate.model_validate({"name": "\U0001f600" * 200, "price": "0", "quantity": 2**31 - 1})

    assert product.model_dump() == {"name": "\U0001f600" * 200, "price": 0, "quantity": 2**31 - 1}
    assert ProductCreate.model_validate({"name": "x", "price": "9999999.99", "quantity": 0}).quantity == 0


@pytest.mark.parametrize("changes", [{}, {"quantity": 0}, {"name": "Desk"}])
def test_a_change_of_a_product_holds_what_was_sent_and_nothing_else(changes):
    assert accepted(ProductPatch, changes) == changes


def test_a_product_is_read_from_a_row_with_its_id():
    shown = ProductRead.model_validate(Product(id=7, name="Lamp", price=Decimal("9.99"), quantity=3)).model_dump()

    assert {"id": 7, "name": "Lamp", "price": Decimal("9.99"), "quantity": 3}.items() <= shown.items()


@pytest.mark.parametrize("kind", [ProductCreate, ProductPatch, ProductRead])
def test_each_field_of_a_product_has_an_example(kind):
    schema = TypeAdapter(kind).json_schema(mode="serialization" if kind is ProductRead else "validation")
    defined = schema.get("$defs", {})

    fields = {
        name: defined.get(each.get("$ref", "").rpartition("/")[2], each) for name, each in schema["properties"].items()
    }
    assert [name for name, field in fields.items() if not field.get("examples")] == []
