"""What to run for what has changed: the table in CONTRIBUTING.md, as code.

python -m course.checks.changed      print that table
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from course.checks import sets
from course.errors import CourseError
from course.machine import git
from course.paths import ROOT
from course.stages import CAPSTONE, STAGES, Stage

STAGE = "STAGE"  # in a glob a stage's folder, in a session's name its id


@dataclass(frozen=True)
class Rule:
    """Files, and the sessions that tell whether they are still right; `*` stands for any characters, `/` among them."""

    what: str
    globs: tuple[str, ...]
    sessions: tuple[str, ...]
    slower: tuple[str, ...] = ()  # by name, for who wants to know more before CI says it

    def sessions_for(self, path: str) -> list[str]:
        """The sessions for a file, if the rule is about it."""
        if not any(STAGE in glob for glob in self.globs):
            return list(self.sessions) if any(fnmatchcase(path, glob) for glob in self.globs) else []
        for stage in STAGES:
            if any(fnmatchcase(path, glob.replace(STAGE, stage.path)) for glob in self.globs):
                return [_of(stage, name) for name in self.sessions]
        return []


def _of(stage: Stage, name: str) -> str:
    return name.replace(STAGE, stage.id)


TEXT = ("*.md", "*.png", "LICENSE")
RULES = (
    Rule("a text, a lesson among them", TEXT, ("static", "site"), ("lessons(STAGE)",)),
    Rule(
        "a stage's code or its tests",
        ("STAGE/*.py", "STAGE/*.ini", "STAGE/.env.example", "STAGE/static/*"),
        ("stage(STAGE)", "contract(STAGE)", "static"),
        ("alone(STAGE)", "steps(STAGE)", "bugs(STAGE)", "lessons(STAGE)"),
    ),
    Rule(
        "a stage's steps or bugs",
        ("STAGE/steps.toml", "STAGE/bugs.toml"),
        ("static", "steps(STAGE)", "bugs(STAGE)"),
    ),
    Rule("the lessons' site", ("course/learn/site/*", "tests/site/*"), ("site",)),
    Rule("a page for the browser", ("STAGE/static/*", "tests/browser/*"), ("browser",)),
    Rule(
        "the contract's suites",
        ("tests/contract/*", "course/deploy/kinds/*"),
        ("contract",),
        ("alone", "broken_promises"),
    ),
    Rule(
        "the `course` command, a demo article",
        ("course/*.py", "course/*.toml", "course/demo/articles/*", "tests/course/*", "tests/*.py", ".env.example"),
        ("course",),
        ("course_thorough",),
    ),
    Rule(
        "how the course meets a machine that is not clean",
        ("course/environment.py", "course/machine/set_up.py", "tests/machines/*"),
        ("first_hour",),
        ("machines",),
    ),
    Rule("any Python", ("*.py",), ("lint", "types")),
    Rule("the front pages' own tests", ("tests/static/*",), ("static",)),
    Rule(
        "the deployment, `course rehearse`, `course verify`",
        ("course/deploy/*", "tests/deploy/*", ".railway/*", "railway.toml"),
        ("rehearsal",),
        ("deploy",),
    ),
    Rule("the clients that others generate", ("tests/clients/*",), ("clients",)),
    Rule("`course review`", ("course/deploy/review/*", "tests/review/*"), ("course",), ("review",)),
    Rule("how the blog meets bad input", ("tests/fuzz/*",), ("fuzz",)),
    Rule("how the blog meets a bad day of its database", ("tests/faults/*",), ("faults",)),
    Rule("the blog's speed", ("STAGE/bench/*",), ("types",), ("bench",)),
    Rule(
        "a notebook, or what serves it",
        ("notebooks/*.ipynb", "course/teach/*", "tests/notebooks/*"),
        ("lint", "site"),
        ("notebooks",),
    ),
    Rule("what CI does", (".github/*", ".ci/*", "notebooks/*.yml", "tests/lint/*"), ("lint",)),
    Rule(
        "versions, settings of tools, anything else",
        ("noxfile.py", "pyproject.toml", "*requirements.txt"),
        tuple(sets.names(sets.QUICK)),
        tuple(sets.names(sets.REST)),
    ),
)


def touched(since: str | None) -> list[str]:
    """The sessions for what has changed in the working tree, and in the commits since one."""
    names = [name for path in _changed_files(since) for name in sessions_for(path)]
    return list(dict.fromkeys(names))


def sessions_for(path: str) -> list[str]:
    """The sessions for a file, by its path from the repository's root: the quick set for one that no rule names."""
    return [name for rule in RULES for name in rule.sessions_for(path)] or sets.names(sets.QUICK)


def _changed_files(since: str | None) -> list[str]:
    """The files that are not as they were. Raises CourseError if git can't tell."""
    base = ["--merge-base", since] if since else ["HEAD"]
    changed = _git("diff", "--name-only", "--no-renames", "-z", *base, "--")
    return [*changed, *_git("ls-files", "--others", "--exclude-standard", "-z")]


def _git(*arguments: str) -> list[str]:
    try:
        said = git.output(ROOT, *arguments)
    except git.GitError as error:
        raise CourseError(f"git can't tell what has changed: {error.reason}") from error
    return [path for path in said.decode(errors="replace").split("\0") if path]


def table() -> str:
    """The rules as CONTRIBUTING.md shows them, for the capstone where they are about a stage."""

    def command(names: tuple[str, ...]) -> str:
        if names == tuple(sets.names(sets.QUICK)):
            return "`course test`"
        if names == tuple(sets.names(sets.REST)):
            return "`course test --rest`"
        words = [f'"{_of(CAPSTONE, name)}"' if STAGE in name else name for name in names]
        return f"`course test {' '.join(words)}`" if words else ""

    rows = [f"| {rule.what} | {command(rule.sessions)} | {command(rule.slower)} |" for rule in RULES]
    return "\n".join(["| you changed | run | and, when it takes longer |", "|---|---|---|", *rows])


if __name__ == "__main__":
    print(table())  # noqa: T201
