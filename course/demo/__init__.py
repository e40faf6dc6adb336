"""The demo blog: articles about the course's own subjects, and the filling of an empty blog with them."""

from course.demo.filling import DemoError, fill, password

__all__ = ["DemoError", "fill", "password"]
