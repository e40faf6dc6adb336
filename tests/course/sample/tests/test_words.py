import pytest
from text import split
from words import Tally, count


def test_a_text_is_split_into_words():
    assert split("one, two.") == ["one", "two"]


@pytest.mark.parametrize("text", ["a A", "A. a!"])
def test_letter_case_makes_no_difference(text: str):
    assert count(text)["a"] == 2


def test_a_tally_counts_over_texts():
    tally = Tally()
    tally.add("a b")
    tally.add("b")
    assert tally.top() == "b"


def test_an_empty_tally_has_no_top():
    with pytest.raises(ValueError, match="nothing"):
        Tally().top()
