"""How much of what a stage's pages teach of its app a learner writes."""

from collections import defaultdict

from course.author.lesson import blocks, pages_of, shown_names
from course.machine.material.data import load
from course.machine.material.reading import cut
from course.machine.material.workspace import emptied, read_source
from course.stages import CAPSTONE, Stage

LEAST = {CAPSTONE.id: 3}  # one line in so many
APP = "app/"


def share(stage: Stage) -> tuple[int, int]:
    """The lines that a learner writes in the app, and all lines of it that the pages show or ask for; no blank ones."""
    learning = load(stage.folder)
    steps = learning.steps
    texts = emptied(stage.folder, steps)
    asked = {(name.file, name.qualname or "") for step in steps for name in step.empty if name.file.startswith(APP)}
    shown: defaultdict[str, set[str]] = defaultdict(set)
    for page in pages_of(stage):
        for block in blocks(page):
            for each in shown_names(block.call, learning):
                shown[each.file].add(each.qualname or "")
    for file, name in asked:
        shown[file].add(name)
    taught = sum(
        _lines(read_source(stage.folder / file), "" if "" in names else name, file)
        for file, names in shown.items()
        if file.startswith(APP)
        for name in ([""] if "" in names else names)
        if name.partition(".")[0] == name or name.partition(".")[0] not in names  # a method of a class that is shown
    )
    # Of what is emptied a line is left that says which step it is.
    written = sum(
        _lines(read_source(stage.folder / file), name, file) - _lines(texts[file], name, file) + 1
        for file, name in asked
    )
    return written, taught


def problems(stage: Stage) -> list[str]:
    """Whether it is less than a stage has promised."""
    if not (least := LEAST.get(stage.id)):
        return []
    written, taught = share(stage)
    if written * least >= taught:
        return []
    return [f"of {taught} lines of the app that its pages teach a learner writes {written}: one in {least} is promised"]


def _lines(source: str, name: str, file: str) -> int:
    return sum(bool(line.strip()) for line in (cut(source, name, file) if name else source).splitlines())
