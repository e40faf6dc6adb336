"""The tests touch no database but their own."""

import pytest
from conftest import Database, only_a_test_database


@pytest.mark.parametrize("url", ["postgresql://db/rooms", "postgresql://db/", "postgresql://db/test_rooms?x=_test"])
def test_a_database_that_is_not_the_tests_own_is_refused(url):
    with pytest.raises(RuntimeError, match="is not a test database"):
        only_a_test_database(url)
    with pytest.raises(RuntimeError, match="is not a test database"):
        Database(server=None, url=url)
