"""How much of what a lesson teaches a learner writes."""

import pytest

from course.author import share
from course.stages import CAPSTONE


def test_who_promises_more_than_a_learner_writes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert share.problems(CAPSTONE) == []
    written, taught = share.share(CAPSTONE)
    monkeypatch.setattr(share, "LEAST", {CAPSTONE.id: 2})
    told = f"of {taught} lines of the app that its pages teach a learner writes {written}: one in 2 is promised"
    assert share.problems(CAPSTONE) == [told]
