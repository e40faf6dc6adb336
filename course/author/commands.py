"""`course author`: what somebody does again and again who writes or changes the course."""

import subprocess
from typing import Annotated

import typer

from course.stages import STAGES, stage_by_id

author = typer.Typer(
    help="For those who write the course: listings, proofs, scaffolds, versions.", no_args_is_help=True
)

StageId = Annotated[str, typer.Argument(metavar="STAGE", help="A stage's id.")]
StageIds = Annotated[list[str] | None, typer.Argument(metavar="[STAGE ...]", help="Without one: all.")]


def examples(*lines: str) -> str:
    """The end of a command's help."""
    return "Examples:\n\n" + "\n\n".join(f"  {line}" for line in lines)


@author.command(epilog=examples("course author listings", "course author listings 06"))
def listings(stages: StageIds = None) -> None:
    """Write the lessons' listings, tables and boxes anew, from the stage's files; nothing is run."""
    from course.author.proofs import relist

    for stage in map(stage_by_id, stages) if stages else STAGES:
        for page in relist(stage):
            typer.echo(f"Written anew: {page.path}")


@author.command(epilog=examples("course author prove steps 04", "course author prove bugs 06"))
def prove(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="lessons, steps, variants or bugs.")],
    stage: StageId,
) -> None:
    """Try what a stage's lesson, steps, variants or bugs promise. A broken promise is told by name."""
    from course.author import proofs

    raise typer.Exit(proofs.prove(what, stage_by_id(stage)))


@author.command(epilog=examples("course author outputs 04      each command of the lesson runs: minutes"))
def outputs(stage: StageId) -> None:
    """Write a lesson's listings and the outputs of its commands anew."""
    from course.author import proofs

    raise typer.Exit(proofs.prove("update", stage_by_id(stage)))


@author.command()
def timetable() -> None:
    """Write the instructor's timetables anew, from the steps' minutes and the notes."""
    from course.author import timetable as tables

    tables.write()
    typer.echo("Written anew: the tables of notebooks/README.md")


@author.command(
    epilog=examples(
        "course author step 04 4.7c 'a note is found by its title' routers/notes.py:find_notes "
        "--section 4.7 --test tests/test_notes.py::test_a_note_is_found_by_its_title"
    )
)
def step(
    stage: StageId,
    step_id: Annotated[str, typer.Argument(metavar="ID", help="Such as 4.7c: the chapter's number and a letter.")],
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What the learner does, in a few words.")],
    empty: Annotated[list[str], typer.Argument(metavar="FILE[:NAME] ...", help="What the learner is to write.")],
    section: Annotated[str, typer.Option(help="The number of the heading that teaches it.")],
    test: Annotated[list[str], typer.Option(metavar="FILE::TEST", help="What says that it is written.")],
) -> None:
    """Begin a step: its entry in steps.toml and its box on the page. What is left for you to write is told."""
    from course.author import scaffold

    for file in scaffold.step(stage_by_id(stage), step_id, section, title, empty, test):
        typer.echo(f"Changed: {file}")
    _left(
        "the three hints in steps.toml, and `task` and `examples` if the docstring does not say all;",
        "what goes wrong without it, above its box on the page, and its minutes: a learner's own;",
        f"two right and two wrong solutions in {stage_by_id(stage).path}/variants/{step_id}/ "
        f'(until then: without_variants = ["{step_id}"] at the top of steps.toml);',
        "a heading of its own above the box, if its section has several, and `course check` below it;",
        f'then: course author listings {stage}, course author timetable, and course test static "steps({stage})".',
    )


@author.command(
    epilog=examples(
        "course author bug 06 comment-by-anybody      after you have broken capstone/app by hand",
    )
)
def bug(
    stage: StageId,
    bug_id: Annotated[str, typer.Argument(metavar="ID", help="Such as lost-update: learners type it.")],
    title: Annotated[str, typer.Option(prompt="What goes wrong, in one line")],
    source: Annotated[str, typer.Option("--from", prompt="Where a real backend had it")],
    nudge: Annotated[str, typer.Option(prompt="What to try, for who has missed it")],
) -> None:
    """Make a bug of what you have broken in the working tree: it is written down, put right again, and tried."""
    from course.author import scaffold
    from course.machine import ladder
    from course.machine.material.data import Bug

    chosen = stage_by_id(stage)
    with ladder.fresh_database(container=True) as url:
        made, files = scaffold.bug(chosen, Bug(bug_id, title, source, nudge, ()), url)
    typer.echo(f"Written: {chosen.path}/bugs.toml. As before: {', '.join(files)}.")
    if not made.caught_by:
        _left(
            f"a test in {chosen.path}/tests that catches it: none does; its name is caught_by in bugs.toml;",
            f'then: course test static "bugs({stage})".',
        )
        raise typer.Exit(1)
    typer.echo(f"Caught by {made.caught_by[0]}")


@author.command(epilog=examples('course author article "Why a lock waits" --by chidi'))
def article(
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    by: Annotated[str, typer.Option(help="An author of course/demo/authors.toml, by the short name.")],
) -> None:
    """Begin an article of the demo blog."""
    from course.author import scaffold

    typer.echo(f"Made: {scaffold.article(title, by)}")
    _left(
        "between the second and the third +++ its text, of 250 to 500 words, the last paragraph begins `Try this: `;",
        "two to six comments;",
        "then: pytest tests/course/test_demo.py",
    )


@author.command(
    epilog=examples(
        'course author stage 05c modules/05c_files "Files" --like 05a --teaches "uploads, and where they go"'
    )
)
def stage(
    stage_id: Annotated[str, typer.Argument(metavar="ID", help="Such as 05c.")],
    path: Annotated[str, typer.Argument(metavar="FOLDER", help="From the repository's root.")],
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    teaches: Annotated[str, typer.Option(help="What one learns in it, in a line.")],
    like: Annotated[str, typer.Option(help="The stage that it goes on from.")],
) -> None:
    """Begin a stage as a copy of another: its folder, its entry, and what the contract's suites know of it."""
    from course.author import scaffold

    for each in scaffold.new_stage(stage_by_id(like), stage_id, path, title, teaches):
        typer.echo(f"Made or changed: {each}")
    _left(
        "what is new: the code, its tests, its promises in tests/contract/profiles.py and a test in tests/contract/;",
        f"the id {stage_id} in the marks `stages(...)` of those tests of tests/contract/ that it goes on keeping;",
        f"its title in the app, its pages in lesson/ and its steps; it comes behind {like}, in course/stages.py too;",
        "its hours, and the number of apps, in README.md;",
        "where others name stages, if it is to be there: tests/contract/broken_promises.toml, noxfile.py;",
        f'then: course author listings, course test static course "stage({stage_id})" "contract({stage_id})".',
    )


@author.command(epilog=examples("course author lock", "course author lock --only httpx --only anyio"))
def lock(
    only: Annotated[
        list[str] | None, typer.Option(metavar="PACKAGE", help="Move this one, and leave the rest.")
    ] = None,
) -> None:
    """Move pins to the newest release: constraints.txt, and every requirements.txt that follows it."""
    from course import environment
    from course.machine.sessions import NOX

    command = [*NOX, "--session", "lock", "--", *(only or [])]
    if failed := subprocess.run(command, env=environment.installer(), check=False).returncode:
        raise typer.Exit(failed)
    listings()  # some show a requirements.txt


def _left(*lines: str) -> None:
    typer.echo("Left for you:")
    for line in lines:
        typer.echo(f"  {line}")
