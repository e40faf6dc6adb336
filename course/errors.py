"""The errors that a user can foresee."""


class CourseError(Exception):
    """Something that the user can mend: its text is one sentence that says what is wrong and what to do."""

    exit_code = 1


class NotThereError(CourseError):
    """Something that the course can use is not there on this machine."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(f"{why}: {fix}.")
        self.why = why


class UsageError(CourseError):
    """The command was given something that it does not know."""

    exit_code = 2
