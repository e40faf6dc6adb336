"""The commands of the learning loop. What they need is imported when they run: the overview must not wait for it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from course.errors import CourseError, UsageError
from course.machine.ports import SITE_PORT
from course.stages import STAGES, stage_by_id

if TYPE_CHECKING:
    from course.machine.material.data import Step
    from course.machine.material.workspace import Workspace

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask first.")]
StepOrStage = Annotated[str, typer.Argument(metavar="[STEP or STAGE]", help="Without it: the step that you are at.")]
StepId = Annotated[str, typer.Argument(metavar="[STEP]", help="Without it: the step that you are at.")]


def register(app: typer.Typer) -> None:
    """Add the learning loop to the command line."""
    for command in (learn, start, check, commit, hint, reset, solution, diff, bugs, report):
        app.command(rich_help_panel="Learning")(command)
    app.command("http", rich_help_panel="Learning", context_settings={"ignore_unknown_options": False})(http)
    app.command("ws", rich_help_panel="Learning")(ws)


def learn(
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser on it.")] = True,
    port: Annotated[int, typer.Option(min=1, max=65535, help="If it is taken, the next free one is used.")] = SITE_PORT,
    build: Annotated[bool, typer.Option("--build", help="Only build the site, and say where it is.")] = False,
) -> None:
    """The lessons as pages in your browser, with a search. Ctrl-C ends it."""
    from course.learn.site import building, serving
    from course.machine import set_up

    set_up.add(building.GROUP)
    if build:
        typer.echo(building.build())
    else:
        serving.learn(port, browser=browser)


def start(stage: Annotated[str, typer.Argument(metavar="STAGE")]) -> None:
    """Make your own copy of a stage in workspace/, its steps left for you to write. Run again, it loses nothing."""
    from course.learn import messages
    from course.machine import ladder
    from course.machine.material.workspace import Workspace

    workspace = Workspace(stage_by_id(stage))
    report = workspace.start()
    try:
        with ladder.fresh_database():  # made now, or missed now: the first check has better things to say
            pass
    finally:
        messages.show(messages.started(workspace, report))


def check(
    what: StepOrStage = "",
    watch: Annotated[bool, typer.Option("--watch", help="Check again whenever you save a file.")] = False,
    debugger: Annotated[bool, typer.Option("--debug", help="Open a debugger where the first test fails.")] = False,
) -> None:
    """Is the step done? A stage's id checks all of its steps that you have written, and then the whole stage."""
    from course.learn.checking import check_on_save, check_once, debug

    workspace, steps = _chosen(what)
    if watch and debugger:
        raise UsageError("--watch and --debug don't go together: debug a step, then watch again.")
    if debugger:
        raise typer.Exit(debug(workspace, steps))
    if watch:
        check_on_save(workspace, steps, follow=not what)
    elif not check_once(workspace, steps, suite=what in ("", workspace.stage.id)):
        raise typer.Exit(1)


def commit(message: Annotated[str, typer.Argument(help="Without it: the steps that you have finished.")] = "") -> None:
    """Keep what you have written so far, in the git repository of your workspace."""
    from course.learn import messages
    from course.machine.material.workspace import Workspace, current_stage

    workspace = Workspace(current_stage())
    workspace.require()
    messages.show(workspace.commit(message))


def hint(step: StepId = "") -> None:
    """Show one more hint: first a nudge, then where the lesson says it, then the idea in words."""
    from course.learn import messages

    workspace, (chosen, *_) = _chosen(step, one=True)
    state = workspace.state.of(chosen)
    state.hints = min(state.hints + 1, len(chosen.hints))
    workspace.progress.save()
    messages.show(messages.hints(workspace, chosen, state.hints))


def reset(what: StepOrStage = "", yes: Yes = False) -> None:
    """Empty a step again, or (with a stage's id) all of them. What you wrote is kept beside it."""
    from course.learn import messages

    whole = what in {stage.id for stage in STAGES}
    workspace, (step, *_) = _chosen(what, one=not whole)
    title = f"all of stage {what}" if whole else f"step {step.id} ({step.title})"
    ask(f"Empty {title} again? What you wrote is kept.", f"This empties {title} again", yes)
    kept = workspace.reset() if whole else workspace.put_empty(step)
    if not whole:
        workspace.state.of(step).passed = False
        workspace.progress.save()
    messages.show(f"Emptied {title}. What you had is in {messages.path(kept)}.")


def solution(
    step: StepId = "",
    yes: Yes = False,
    write: Annotated[bool, typer.Option("--write", help="Also put it into your workspace.")] = False,
) -> None:
    """Show the reference's code of one step, after an honest question."""
    from course.learn import messages

    workspace, (chosen, *_) = _chosen(step, one=True)
    state = workspace.state.of(chosen)
    left = len(chosen.hints) - state.hints
    unread = f" You have {left} of its hints left: `course hint {chosen.id}`." if left else ""
    question = f"Have you tried step {chosen.id} yourself, and do you want to see its solution now?{unread}"
    ask(question, f"This shows the solution of step {chosen.id}", yes)
    state.solution = True
    workspace.progress.save()
    messages.show_solution(workspace, chosen)
    if write:
        kept = workspace.put_reference(chosen)
        messages.show(f"It is in your workspace now. What you had is in {messages.path(kept)}.")
        messages.show(f"It counts once its tests pass: course check {chosen.id}")


def diff(
    old: Annotated[str, typer.Argument(metavar="[STAGE]", help="Alone: your workspace against the reference.")] = "",
    new: Annotated[str, typer.Argument(metavar="[STAGE]")] = "",
    stat: Annotated[bool, typer.Option("--stat", help="Only which files, and how many lines.")] = False,
) -> None:
    """Show what is different: your workspace and the reference, or one stage and the next."""
    from course.learn import messages
    from course.machine.material.diff import compare

    if new:
        changes = compare(stage_by_id(old).folder, stage_by_id(new).folder)
    else:
        workspace, _ = _chosen(old)
        changes = compare(workspace.folder, workspace.stage.folder)
    messages.show_changes(changes, stat=stat)


def bugs(
    stage: Annotated[str, typer.Argument(metavar="STAGE")],
    only: Annotated[
        list[str] | None, typer.Argument(metavar="[BUG ...]", help="These alone.", show_default=False)
    ] = None,
    reference: Annotated[bool, typer.Option("--reference", help="Grade the stage's own tests, not yours.")] = False,
) -> None:
    """Put known bugs into the stage, one at a time, and see which of them your tests catch."""
    from course.learn.checking import show_grade
    from course.machine.material.workspace import Workspace

    workspace = Workspace(stage_by_id(stage))
    mine = not reference and workspace.folder.is_dir()
    learning = workspace.learning
    chosen = [learning.bug(bug_id) for bug_id in only] if only else learning.bugs
    if not show_grade(workspace, chosen, tests_from=workspace.folder if mine else None):
        raise typer.Exit(1)


def report(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE ...]", help="Reports of others, or folders of them.", show_default=False),
    ] = None,
    name: Annotated[str, typer.Option(help="Whose it is, for whoever reads many.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print your report as the file to hand in.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a line for each stage, for a spreadsheet.")] = False,
    html: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Write the table to this file, for a browser.", show_default=False),
    ] = None,
) -> None:
    """What you have done: steps, hints, solutions opened, bugs caught, whole suites. With FILEs: who is where.

    A learner: course report --name Ana --json > ana.json. Whoever teaches: course report reports/ --html class.html.
    """
    from course.learn import report as reports

    if as_json + as_csv + (html is not None) > 1:
        raise UsageError("--json, --csv and --html are three ways to show it: choose one of them.")
    if files and (name or as_json):
        raise UsageError("--name and --json are for your own report: leave them, or the files, out.")
    found = reports.read_all(files) if files else [reports.own(name)]
    if html:
        try:
            html.write_text(reports.as_html(found), encoding="utf-8")
        except OSError as error:
            raise CourseError(f"{html} can't be written ({error.strerror}): name another file.") from error
        typer.echo(f"The table is in {html}.")
    elif as_json:
        typer.echo(found[0].as_json())
    elif as_csv:
        typer.echo(reports.as_csv(found))
    else:
        typer.echo(reports.as_text(found) if files else reports.page(found[0]))


def http(
    words: Annotated[list[str], typer.Argument(metavar="[METHOD] PATH [name=value ...]")],
    as_: Annotated[str, typer.Option("--as", metavar="NAME", help="Whose token to send; `nobody` sends none.")] = "me",
    token: Annotated[str, typer.Option(help="Send this token.")] = "",
    form: Annotated[bool, typer.Option("--form", help="Send a form, not JSON.")] = False,
    times: Annotated[int, typer.Option(min=1, max=500, help="Send it so many times at once.")] = 1,
    others: Annotated[
        list[str] | None,
        typer.Option("--and", metavar="WORDS", help="Send this request at the same time: its words, in quotes."),
    ] = None,
    timed: Annotated[bool, typer.Option("--timed", help="Say how long it took.")] = False,
    meanwhile: Annotated[str, typer.Option(metavar="PATH", help="Ask for this path all the while.")] = "",
) -> None:
    """Send a request to the server that `course run` has started. A token that it answers with is sent from then on.

    name=text adds to the JSON body, name:=3 adds a number or other JSON, name==value adds to the query, Name:value is a
    header, name@300=x repeats the text 300 times.
    """
    import asyncio
    import shlex

    from course.learn.http import Request, send

    first, *more = (Request.parse(each, form=form) for each in (words, *map(shlex.split, others or ())))
    answers = send(first, others=more, as_=as_, token=token, times=times, timed=timed, meanwhile=meanwhile)
    typer.echo(asyncio.run(answers))


def ws(
    words: Annotated[list[str], typer.Argument(metavar="PATH [text=... or TEXT ...]")],
    binary: Annotated[list[str] | None, typer.Option(metavar="TEXT", help="Send it last, as a binary frame.")] = None,
    request: Annotated[
        list[str] | None,
        typer.Option(metavar="WORDS", help="Once connected, send this by HTTP, as `course http` does."),
    ] = None,
) -> None:
    """Talk over a WebSocket to the server that `course run` has started: `>` was sent, `<` came back.

    text=hello sends {"text": "hello"}, any other word is sent as it is; name==value adds to the query, Name:value is a
    header, text@300=x repeats the x 300 times. In name=value, \\u0001 stands for the character of that number.
    """
    import asyncio

    from course.learn.ws import Conversation, talk

    async def show() -> None:
        async for line in talk(Conversation.parse(words, binary=binary or (), requests=request or ())):
            typer.echo(line)

    asyncio.run(show())


def _chosen(what: str, *, one: bool = False) -> "tuple[Workspace, Sequence[Step]]":
    """The workspace and the steps that the student means: a stage's, one alone, or (nothing said) the current one."""
    from course.machine.material.workspace import Workspace, current_stage

    if what in {stage.id for stage in STAGES} and not one:
        workspace = Workspace(stage_by_id(what))
        workspace.require()
        return workspace, workspace.learning.steps
    if what:
        for stage in STAGES:
            workspace = Workspace(stage)
            if step := next((step for step in workspace.learning.steps if step.id == what), None):
                workspace.require()
                return workspace, [step]
        raise UsageError(f"There is no step {what!r}: the lesson and `course check` say how the steps are called.")
    workspace = Workspace(current_stage())
    workspace.require()
    steps = workspace.learning.steps
    return workspace, [workspace.state.current(workspace.learning) or steps[-1]]


def ask(question: str, doing: str, yes: bool) -> None:
    """Ask before something that can't be taken back lightly. Raises CourseError where nobody can answer."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CourseError(f"{doing}, and nobody is there to ask: say that you mean it, with --yes.")
    typer.confirm(question, abort=True)
