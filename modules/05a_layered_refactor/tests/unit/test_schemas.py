"""What clients may send."""

import pytest
from pydantic import TypeAdapter, ValidationError

from app.schemas.auth import Email, Password, UserCreate
from app.schemas.notes import Content, NoteCreate, NotePatch, Title
from app.schemas.products import ProductCreate, ProductPatch


def accepted(kind: object, text: str) -> str:
    return TypeAdapter(kind).validate_python(text)


def problem_with(kind: object, text: str) -> str:
    with pytest.raises(ValidationError) as caught:
        accepted(kind, text)
    return caught.value.errors()[0]["msg"]


def test_an_email_is_kept_in_lower_case():
    assert accepted(Email, "Ana.Lima@Example.COM") == "ana.lima@example.com"


def test_an_email_in_any_alphabet_has_one_spelling():
    assert accepted(Email, "ZOE\u0308@EXAMPLE.COM") == accepted(Email, "zo\u00eb@example.com")


@pytest.mark.parametrize("email", ["\u03bf\u03c3@example.com", "\u03bf\u03c2@example.com", "\u039f\u03a3@example.com"])
def test_an_email_is_one_whatever_its_case_in_greek_too(email):
    assert accepted(Email, email) == "\u03bf\u03c3@example.com"


@pytest.mark.parametrize("domain", ["shop.test", "printer.local", "app.localhost", "nowhere.invalid", "hidden.onion"])
def test_an_email_may_belong_to_a_network_of_ones_own(domain):
    assert accepted(Email, f"ana@{domain}") == f"ana@{domain}"


@pytest.mark.parametrize(
    "text", ["", "ana", "ana@", "@example.com", "a b@example.com", "a@b@example.com", "Ana <ana@example.com>"]
)
def test_what_is_no_email_is_refused(text):
    assert problem_with(Email, text) == "Value error, must be an e-mail address"


@pytest.mark.parametrize("kind", [Title, Content, Password], ids=["title", "content", "password"])
def test_a_nul_character_is_refused_in_any_text(kind):
    assert problem_with(kind, "before\0after") == "Value error, must not contain the NUL character"


def test_any_other_character_is_kept_as_it_was_sent():
    text = " \t\u202e\U0001f469\u200d\U0001f4bb\uffff "

    assert accepted(Title, text) == text


def test_a_title_has_1_to_200_characters():
    assert accepted(Title, "\U0001f600" * 200) == "\U0001f600" * 200
    assert problem_with(Title, "x" * 201) == "String should have at most 200 characters"
    assert problem_with(Title, "") == "String should have at least 1 character"


def test_a_content_has_up_to_20000_characters():
    assert accepted(Content, "") == ""
    assert accepted(Content, "x" * 20_000) == "x" * 20_000
    assert problem_with(Content, "x" * 20_001) == "String should have at most 20000 characters"


def test_a_password_of_72_bytes_is_accepted():
    assert accepted(Password, "é" * 36) == "é" * 36


def test_a_password_over_72_bytes_is_refused_however_few_characters_they_are():
    assert problem_with(Password, "\U0001f600" * 19) == "Value error, must be at most 72 bytes long"


def test_a_password_of_7_characters_is_refused():
    assert problem_with(Password, "1234567") == "String should have at least 8 characters"


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        (NoteCreate, {"title": "x", "content": "", "owner_id": 1}),
        (NoteCreate, {"title": 5, "content": ""}),
        (NoteCreate, {"title": "x", "content": None}),
        (NoteCreate, {"title": "x"}),
        (NotePatch, {"title": None}),
        (UserCreate, {"email": "ana@example.com", "password": "correct horse", "is_active": True}),
    ],
)
def test_an_unknown_field_a_wrong_type_null_and_a_missing_field_are_refused(schema, body):
    with pytest.raises(ValidationError):
        schema.model_validate(body)


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
    with pytest.raises(ValidationError):
        schema.model_validate({"name": "Lamp", "price": "9.99", "quantity": 3, **changes})


@pytest.mark.parametrize("schema", [NotePatch, ProductPatch])
def test_the_document_gives_no_default_for_a_field_that_may_be_left_out(schema):
    document = schema.model_json_schema()

    assert "required" not in document
    for field in document["properties"].values():
        assert "default" not in field
        assert field["type"] in ("string", "integer")


def test_a_product_at_its_limits_is_taken():
    product = ProductCreate.model_validate({"name": "\U0001f600" * 200, "price": "0", "quantity": 2**31 - 1})

    assert product.model_dump() == {"name": "\U0001f600" * 200, "price": 0, "quantity": 2**31 - 1}
