"""Prices: text comes in, text goes out, and no float on the way."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.schemas.products import ProductRead, price_from_text


@pytest.mark.parametrize(
    ("text", "price"),
    [("9.99", "9.99"), ("9.9", "9.90"), ("9", "9.00"), ("0", "0.00"), ("0.1", "0.10"), ("9999999.99", "9999999.99")],
)
def test_a_price_is_kept_to_the_cent(text, price):
    assert str(price_from_text(text)) == price


def test_ten_times_ten_cents_are_one_euro():
    assert sum([price_from_text("0.10")] * 10) == 1


NO_PRICES = ["", "free", "-1", "-0", "+1", " 9.99", "9.99\n", "9,99", "9.999", ".99", "9.", "1e2", "1_000", "0x10"]
NO_PRICES += ["NaN", "Infinity", "10000000.00", "9" * 5_000, "\u0661\u0662", "\uff11", "9.99\0"]


@pytest.mark.parametrize("text", NO_PRICES)
def test_a_text_that_is_no_price_is_refused(text):
    with pytest.raises(ValueError, match=r'must be a text such as "9\.99"'):
        price_from_text(text)


@pytest.mark.parametrize("value", [9.99, 9, True, None, [], Decimal("9.99")])
def test_a_price_that_is_no_text_is_refused_a_number_too(value):
    with pytest.raises(ValueError, match=r'must be a text such as "9\.99"'):
        price_from_text(value)


def test_a_price_goes_out_as_it_came_in():
    product = ProductRead(id=1, name="Lamp", price=Decimal("9.90"), quantity=3)

    assert product.model_dump(mode="json")["price"] == "9.90"


@settings(derandomize=True, deadline=None, database=None)
@given(st.integers(0, 999_999_999))
def test_every_price_comes_back_as_it_was_written(cents):
    text = f"{cents // 100}.{cents % 100:02}"

    assert str(price_from_text(text)) == text


@settings(derandomize=True, deadline=None, database=None)
@given(st.from_regex(r"[0-9\u0661]{1,8}(\.[0-9\u0661]{0,3})?", fullmatch=True))
def test_a_text_is_refused_or_is_the_price_that_it_writes(text):
    try:
        price = price_from_text(text)
    except ValueError:
        return
    assert text.isascii()
    assert price == Decimal(text)
