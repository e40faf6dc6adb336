"""The `course` command: one front door for students, instructors and CI."""

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from course.author.commands import author, examples
from course.errors import UsageError
from course.learn import commands as learning
from course.machine import processes
from course.machine.ports import FIRST_PORT, LAB_PORT
from course.paths import ROOT
from course.stages import CAPSTONE, stage_by_id

app = typer.Typer(
    name="course",
    help='From "I know some Python" to a tested, deployed, async FastAPI backend on PostgreSQL.',
    epilog="Begin with: `course run`. How a command is used: `course run --help`.",
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
database_app = typer.Typer(
    help="The database of a stage: its URL, a shell on it, a backup, and a fresh start.", no_args_is_help=True
)
app.add_typer(database_app, name="db")
app.add_typer(author, name="author", rich_help_panel="For authors")

StageId = Annotated[str, typer.Argument(metavar="[STAGE]", help="A stage's id; without one, the finished capstone.")]


@app.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    """The stages, what each teaches, and what to type next."""
    if context.invoked_subcommand is None:
        from course.learn.overview import show

        show()


@app.command(
    epilog=examples(
        "course run              the finished blog",
        "course run 06 --port 9000",
        "course run 04 --workspace      what you have written so far",
        "DATABASE_URL=postgresql://me:secret@localhost/blog course run      on your own PostgreSQL",
    )
)
def run(
    stage: StageId = CAPSTONE.id,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="If it is taken, the next free one is used.")
    ] = FIRST_PORT,
    workspace: Annotated[
        bool, typer.Option("--workspace", "-w", help="Your own copy, made by `course start`.")
    ] = False,
    bug: Annotated[
        list[str] | None,
        typer.Option("--bug", metavar="BUG", help="A copy with this known bug in it; more than one may be given."),
    ] = None,
    own_app: Annotated[
        str | None,
        typer.Option("--app", metavar="MODULE:NAME", help="With --workspace: another app in your copy."),
    ] = None,
) -> None:
    """Serve a stage on this machine: a PostgreSQL, the migrations, demo content, and the server with reload."""
    from course.learn import serving
    from course.machine.run import serve

    chosen = stage_by_id(stage)
    if workspace and bug:
        raise UsageError("--workspace serves your own copy and --bug the reference with a bug: choose one of them.")
    if own_app and not workspace:
        raise UsageError("--app names an app in your own copy: add --workspace.")
    if workspace:
        raise typer.Exit(serving.serve_workspace(chosen, port, own_app))
    if bug:
        raise typer.Exit(serving.serve_bugs(chosen, bug, port))
    raise typer.Exit(serve(chosen, port))


@app.command(
    "test",
    epilog=examples(
        "course test             the quick set, in about five minutes",
        "course test --changed             only what your changes touch",
        "course test --all             everything that CI runs",
        "course test 06          all that concerns stage 06",
        'course test lint types "contract(06)"',
        "course test --list             what there is, in which set, and what it proves",
        "COURSE_POSTGRES=embedded course test 06      without Docker, though it is there",
    ),
)
def run_checks(
    names: Annotated[list[str] | None, typer.Argument(metavar="[STAGE or SESSION ...]", show_default=False)] = None,
    every: Annotated[bool, typer.Option("--all", help="Everything that CI runs: the quick set and the rest.")] = False,
    rest: Annotated[bool, typer.Option("--rest", help="Everything that CI runs but the quick set.")] = False,
    changed: Annotated[bool, typer.Option("--changed", help="What your uncommitted changes touch.")] = False,
    since: Annotated[
        str | None,
        typer.Option(metavar="COMMIT", help="With --changed: and the commits since this one, or this branch."),
    ] = None,
    show_names: Annotated[bool, typer.Option("--list", help="Show what can be named, and run nothing.")] = False,
) -> None:
    """Run the checks: those that are named, or the quick set."""
    from course.checks import choice, run

    if show_names:
        choice.show()
    else:
        raise typer.Exit(run.run(names or [], every=every, rest=rest, changed=changed, since=since))


@database_app.command("url", epilog=examples("course db url", "psql $(course db url 06)      while `course run` runs"))
def database_url(stage: StageId = CAPSTONE.id) -> None:
    """Print the URL of a stage's database, and nothing else on stdout."""
    from course.machine import database

    typer.echo(database.url(stage_by_id(stage)))


@database_app.command(
    "shell", epilog=examples("course db shell", 'echo "select count(*) from posts" | course db shell 06')
)
def database_shell(stage: StageId = CAPSTONE.id) -> None:
    """Open psql on a stage's database; the server stays up for as long."""
    from course.machine import database

    raise typer.Exit(database.shell(stage_by_id(stage)))


ServerUrl = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="Another server's database, such as your host's.")
]


@database_app.command(
    "dump",
    epilog=examples(
        "course db dump                       of the finished capstone, into a file named after the moment",
        "course db dump 06 friday.dump",
        'course db dump --url "$DATABASE_PUBLIC_URL" friday.dump      of your host, from this machine',
    ),
)
def database_dump(
    words: Annotated[list[str] | None, typer.Argument(metavar="[STAGE] [FILE]", show_default=False)] = None,
    url: ServerUrl = None,
) -> None:
    """Write a database into a file, as it is at this moment. Whoever uses it meanwhile is not held up."""
    from course.machine import database

    stage, file = database.stage_and_file(words or [], url)
    with database.address(stage, url) as address:
        typer.echo(database.dump(address, file))


@database_app.command(
    "restore",
    epilog=examples(
        "course db restore friday.dump",
        "course db restore friday.dump 06 --yes      and the database of before is kept under another name",
        'course db restore friday.dump --url "$DATABASE_PUBLIC_URL" --yes',
    ),
)
def database_restore(
    words: Annotated[list[str], typer.Argument(metavar="FILE [STAGE]", show_default=False)],
    url: ServerUrl = None,
    replace: Annotated[
        bool, typer.Option("--yes", "--replace", help="Also in the place of a database that is not empty.")
    ] = False,
) -> None:
    """Make a database what it was when the file was dumped. The one of before is kept under another name."""
    from course.machine import database

    stage, file = database.stage_and_file(words, url)
    if file is None:
        raise UsageError("Say which file: course db restore FILE.")
    with database.address(stage, url) as address:
        typer.echo(database.restore(address, file, replace=replace))


@database_app.command(
    "migration",
    epilog=examples('course db migration "add tags"', 'course db migration "add tags" 06 --workspace'),
)
def database_migration(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What changes, in a few words.")],
    stage: StageId = CAPSTONE.id,
    workspace: Annotated[
        bool, typer.Option("--workspace", "-w", help="Of your own copy, made by `course start`.")
    ] = False,
) -> None:
    """Draft a migration from what the models have and the migrations have not. Read it before you keep it."""
    from dataclasses import replace

    from course.machine import migrations
    from course.machine.material.workspace import Workspace

    chosen = stage_by_id(stage)
    if workspace:
        Workspace(chosen).require()
        chosen = replace(chosen, path=str(Workspace(chosen).folder))
    typer.echo(migrations.draft_migration(chosen, title))


@database_app.command("reset", epilog=examples("course db reset", "course db reset 06 --yes"))
def database_reset(
    stage: StageId = CAPSTONE.id,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask first.")] = False,
) -> None:
    """Drop a stage's database with all its rows; the next `course run` makes it anew."""
    from course.machine import database

    chosen = stage_by_id(stage)
    whose = f"stage {chosen.id} ({chosen.title})"
    learning.ask(f"Drop the database of {whose} with all its rows?", f"This drops all rows of {whose}", yes)
    database.reset(chosen)


@app.command(
    epilog=examples(
        "course eject ../my-blog                  what you have written of stage 06",
        "course eject ../my-blog --finished       the course's own copy of it",
        "course eject ../my-notes --stage 05a",
        "course eject ../my-app --bare             accounts and nothing else: where an app of your own begins",
    )
)
def eject(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", help="Where; without it, my-blog beside the course.", show_default=False),
    ] = None,
    stage: Annotated[str, typer.Option(help="Which stage becomes a repository.")] = CAPSTONE.id,
    finished: Annotated[bool, typer.Option("--finished", help="The course's copy, and not your workspace.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Though steps are not written yet.")] = False,
    bare: Annotated[bool, typer.Option("--bare", help="The ground alone, for an app of your own.")] = False,
) -> None:
    """Make a repository of your own: the app, its tests, CI, and all that it takes to deploy it anywhere."""
    from course.deploy.eject import eject

    target = folder or ROOT.parent / ("my-app" if bare else "my-blog")
    for line in eject(target, stage_by_id(stage), finished=finished, anyway=anyway, bare=bare):
        typer.echo(line)


@app.command(
    epilog=examples(
        "course feature posts ../my-blog          on a branch: the files around what you have written, and that",
        "course feature posts ../my-blog          again, once your migration is committed: those that are given",
        "course feature live ../my-blog --finished",
    )
)
def feature(
    name: Annotated[str, typer.Argument(metavar="FEATURE", help="posts, comments or live: in this order.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="What `course eject --bare` has made.")],
    finished: Annotated[bool, typer.Option("--finished", help="The course's code, and not your workspace's.")] = False,
) -> None:
    """Bring a feature of the blog into your own repository: on a branch, to be read, tested and merged."""
    from course.deploy.grow import grow

    for line in grow(name, folder, finished=finished):
        typer.echo(line)


@app.command(
    epilog=examples(
        "course rehearse                          the version before, HEAD in its place, and back again",
        "course rehearse --break migration        a deployment that is refused, and why",
        "course rehearse --break rename           one that is accepted, and what its visitors meet",
        "course rehearse --replicas 2             with two processes of each version, which take turns",
        "course rehearse --before HEAD~3          from the version that you have deployed",
        "course rehearse --keep                   and leave it running, for `course verify`",
        "course rehearse --drill                  the database is lost and restored: how long, and how much is gone?",
        "course rehearse --set LOG_LEVEL=WARNING      with a variable of your own on the service",
        "course rehearse ../my-blog               the repository that `course eject` has made",
    )
)
def rehearse(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]", help="The repository to deploy; without it, the one you are in.", show_default=False
        ),
    ] = None,
    break_: Annotated[
        list[str] | None,
        typer.Option(
            "--break",
            metavar="FAILURE",
            help="migration, health, port, secret or slow-start: the host refuses it. rename, clock, pooler, proxy or "
            "slow-clients: the host does not notice. More than one may be given.",
        ),
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(metavar="COMMIT", help="What is deployed now; without it, HEAD without its newest migration."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Serve on at the end, until Ctrl-C.")] = False,
    replicas: Annotated[int, typer.Option(min=1, max=8, help="Processes of each version, which take turns.")] = 1,
    drill: Annotated[bool, typer.Option("--drill", help="Lose the database, and restore it from a dump.")] = False,
    variable: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A variable of the service. More than one may be given."),
    ] = None,
) -> None:
    """Play a whole deployment on this machine, as the host does it: build, migrate, switch under load, roll back."""
    from course.deploy.rehearsal.play import rehearse

    own = variable or []
    raise typer.Exit(
        rehearse(folder, break_ or [], before=before, keep=keep, variables=own, replicas=replicas, drill=drill)
    )


@app.command(
    epilog=examples(
        "course verify https://my-blog.up.railway.app",
        "course verify https://my-blog.up.railway.app --json      for CI",
        'course verify http://127.0.0.1:8000 --only "deletes a post"',
        "course verify http://127.0.0.1:8000 --stage 04",
    )
)
def verify(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the server is: https://...")],
    stage: Annotated[str, typer.Option(help="Which stage it serves.")] = CAPSTONE.id,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="WORDS", help="Only the promises with these words in them. More than one may be given."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Ask a deployed stage for all that it promises, and delete again what the asking has made there.

    Accounts too, in the capstone; the stages before it have no way to delete one. The report says how many stay.
    """
    from course.deploy.verify.asking import verify

    raise typer.Exit(verify(url, stage_by_id(stage), only=only or [], as_json=as_json))


@app.command(
    epilog=examples(
        "course review ../my-app                     starts it, on a database of its own",
        "course review http://127.0.0.1:8000         one that runs",
        "course review ../my-app --page review.html > review.md      a page, and a text for a pull request",
        "course review ../my-app --only token --only race            only the probes with these words in their names",
    )
)
def review(
    target: Annotated[str, typer.Argument(metavar="PATH|URL", help="The folder of an app, or where one runs.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report as one HTML page, too.", show_default=False)
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long it may take.")] = 10,
    requests: Annotated[int, typer.Option(min=1, help="How many requests may be sent.")] = 20_000,
    mine: Annotated[
        bool, typer.Option("--yes-it-is-mine", help="Also an address that is not on this machine.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="WORD", help="Only the probes with this word in their names. More than one may be given."),
    ] = None,
) -> None:
    """Examine any FastAPI app: doors, races, hostile input, limits, and what its tables and its host make of it.

    A file review.toml in the app's folder, or here for an address, says what can't be guessed: app ("module:name"),
    start (a command with {port}), health and document (paths), sockets (a list of paths), and the tables variables
    (database, secret: their names), set (variables of your own), register (path, body), login (path), admin (email or
    username, password) and bodies (by "POST /path", fields of a good body).

    Exit status: 0 for nothing found, 1 minor, 2 serious, 3 grave.
    """
    from course.deploy.review.review import review as examine

    raise typer.Exit(
        examine(target, as_json=as_json, page=page, minutes=minutes, requests=requests, mine=mine, only=only or [])
    )


@app.command(
    epilog=examples(
        "course lab",
        "course lab --no-browser     and open the address that it prints",
        "course lab --fresh          all as stored again; what you wrote in them is kept aside",
        "course lab --slides         one cell at a time, with your notes in a window of their own",
        "course prepare              before a class: what `lab` needs, fetched in advance",
    )
)
def lab(
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser on it.")] = True,
    port: Annotated[int, typer.Option(min=1, max=65535, help="If it is taken, the next free one is used.")] = LAB_PORT,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin with the stored notebooks, and keep yours aside.")
    ] = False,
    slides: Annotated[
        bool, typer.Option("--slides", help="As slides, which run, with the instructor's notes.")
    ] = False,
) -> None:
    """Open JupyterLab on copies of the notebooks, with the right kernel and a live database."""
    from course.teach.lab import open_lab

    raise typer.Exit(open_lab(port, browser=browser, fresh=fresh, slides=slides))


@app.command(epilog=examples("course prepare      at home, the evening before"))
def prepare() -> None:
    """Fetch in advance all that the course may need, so that it works without a network."""
    from course.teach.prepare import prepare

    raise typer.Exit(prepare())


@app.command()
def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="As JSON, with no names in it: paste it where you ask for help.")
    ] = False,
) -> None:
    """Look at this machine: what is there, what is missing, and how to fix it."""
    from course.machine import doctor

    raise typer.Exit(doctor.show(as_json=as_json))


# Commands that live elsewhere: each module brings a function `register(app)`.
learning.register(app)


def main() -> None:
    """Run the command line; end with one sentence for what can be foreseen, and quietly on Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # whatever the locale is, and also for a file's name that is no UTF-8
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    with processes.as_program():
        app(prog_name="course")
