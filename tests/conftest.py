"""What all of the course's tests share: they see this machine as the course does."""

from course import environment

environment.seal()
