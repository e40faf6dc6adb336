"""The demo blog: articles about the course's own subjects, and the filling of an empty blog with them."""

from course.demo.filling import fill, password

__all__ = ["fill", "password"]
