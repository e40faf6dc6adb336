"""Emptying definitions and putting them back."""

import pytest

from course.errors import CourseError
from course.machine.material.reading import has_definition, is_empty, syntax_fault
from course.machine.material.subtract import empty_definitions, empty_file, put_definition

SOURCE = '''"""A module."""

import functools


# Why it is cached.
@functools.cache
async def double(number: int, *, times: int = 2) -> int:
    """Twice a number."""
    # first the check
    if number < 0:
        raise ValueError
    return number * times  # the rest


def numbers():
    yield from range(3)


class Shape(Base):
    """A shape.

    With corners.
    """

    corners: int = 0

    def area(self): return 0

    def walk(self):
        def inner():
            yield 1

        return inner
'''


def test_signature_decorators_docstring_and_comment_above_stay():
    emptied = empty_definitions(SOURCE, {"double": "step 4.5a: double"})
    assert emptied.startswith(SOURCE[: SOURCE.index("    # first the check")])
    assert emptied.endswith(SOURCE[SOURCE.index("\n\ndef numbers") :])
    assert '    raise NotImplementedError("step 4.5a: double")\n' in emptied


def test_an_emptied_generator_is_still_one():
    emptied = empty_definitions(SOURCE, {"numbers": "step 1: count"})
    assert "    yield  # keeps this function a generator\n" in emptied


def test_a_function_that_defines_a_generator_is_none():
    assert "yield  #" not in empty_definitions(SOURCE, {"Shape.walk": "step 1: walk"})


def test_a_method_on_one_line_can_be_emptied():
    emptied = empty_definitions(SOURCE, {"Shape.area": "step 1: area"})
    assert '    def area(self):\n        raise NotImplementedError("step 1: area")\n' in emptied


def test_an_emptied_class_keeps_its_bases_and_docstring_alone():
    emptied = empty_definitions(SOURCE, {"Shape": "step 1: shape"})
    assert emptied.endswith('    With corners.\n    """\n    raise NotImplementedError("step 1: shape")\n')


def test_quotes_in_a_title_do_no_harm():
    emptied = empty_definitions(SOURCE, {"numbers": 'step 1: say "no" \\ once'})
    assert syntax_fault(emptied) is None
    assert is_empty(emptied, "numbers", "1")


@pytest.mark.parametrize("name", ["double", "numbers", "Shape", "Shape.area", "Shape.walk"])
def test_what_was_emptied_can_be_put_back_to_the_byte(name: str):
    emptied = empty_definitions(SOURCE, {name: "step 1: again"})
    assert is_empty(emptied, name, "1")
    assert put_definition(emptied, name, SOURCE) == SOURCE


def test_putting_one_definition_leaves_the_others_as_the_student_has_them():
    mine = SOURCE.replace("yield from range(3)", "yield 7  # mine").replace("return number * times", "return 0")
    put = put_definition(mine, "double", SOURCE)
    assert "yield 7  # mine" in put
    assert "return number * times" in put


@pytest.mark.parametrize(("name", "message"), [("halve", "no halve"), ("Shape.colour", "no Shape.colour")])
def test_a_name_that_is_not_there_is_told(name: str, message: str):
    with pytest.raises(CourseError, match=message):
        empty_definitions(SOURCE, {name: "step 1: none"})


def test_a_name_that_is_defined_twice_is_told():
    with pytest.raises(CourseError, match="numbers is defined 2 times"):
        empty_definitions(SOURCE + "\n\ndef numbers():\n    pass\n", {"numbers": "step 1: which"})


def test_a_file_is_emptied_to_its_docstring():
    emptied = empty_file(SOURCE, "step 5.2a: test the notes")
    assert emptied == '"""A module."""\n\n# Write it here: step 5.2a: test the notes\n'
    assert is_empty(emptied, None, "5.2a")


def test_only_the_steps_own_marker_counts_as_empty():
    emptied = empty_definitions(SOURCE, {"double": "step 4.5a: double"})
    assert not is_empty(emptied, "double", "4.5")
    assert not is_empty(SOURCE, "double", "4.5a")
    assert not has_definition(SOURCE, "halve")


@pytest.mark.parametrize(("source", "fault"), [("def f(:\n", "line 1"), ("x = 1\n  y\n", "line 2"), ("a\0", "")])
def test_what_python_can_not_read_is_told_with_its_line(source: str, fault: str):
    assert fault in str(syntax_fault(source))
