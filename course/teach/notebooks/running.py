"""Running notebooks in kernels of their own, without Jupyter's window."""

import json
import os
import platform
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course.errors import CourseError, UsageError
from course.machine import ladder, set_up, supervisor
from course.paths import ROOT
from course.teach.notebooks import jupyter, sources

CELL_SECONDS = 180
END_SECONDS = 20  # until what a kernel has left is cleared away
PICTURE_BYTES, OUTPUT_BYTES = 100_000, 400_000


def chosen(names: Sequence[str]) -> list[Path]:
    """The notebooks that are meant, or all. Raises UsageError for a name that means none."""
    every = sources.paths()
    for name in names:
        if not any(path.name.startswith(name) for path in every):
            raise UsageError(f"There is no notebook {name!r}; there are: {', '.join(path.stem for path in every)}.")
    return [path for path in every if not names or any(path.name.startswith(name) for name in names)]


def run(path: Path, *, twice: bool = False) -> Any:
    """Run a notebook in a new kernel, and return it with its outputs.

    Raises CourseError if a cell fails, writes to stderr, or leaves something behind.
    """
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(prefix="course-notebook-") as temporary:
        os.environ["TMPDIR"] = temporary  # so that what it leaves there can be told from what others leave
        before = _traces(temporary)
        if twice:
            _in_a_kernel(path, notebook, times=2, leave_out_last=True)  # its end has to clear up what stands
        _in_a_kernel(path, notebook)
        _wait_until_gone(path.name, before, temporary)
    return notebook


def _in_a_kernel(path: Path, notebook: Any, *, times: int = 1, leave_out_last: bool = False) -> None:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--HistoryManager.enabled=False", "--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    cells = [(number, cell) for number, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    with client.setup_kernel():
        already = supervisor.living()
        for number, cell in cells[: -1 if leave_out_last else None]:
            for _ in range(times):
                try:
                    client.execute_cell(cell, number)
                except CellExecutionError as error:
                    raise CourseError(f"{path.name}: {_without_colours(str(error))}") from error
            if warnings := [output.text for output in cell.outputs if output.get("name") == "stderr"]:
                raise CourseError(f"{path.name}: the cell that begins {cell.source[:60]!r} warns: {warnings[0]}")
        for turn, (_, cell) in enumerate(cells):
            cell.execution_count = turn + 1
        if not leave_out_last and set(supervisor.living()) - set(already):
            raise CourseError(f"{path.name}: its last cell does not end what the notebook has started.")


def _without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _traces(temporary: str) -> set[str]:
    """What a notebook could leave behind: supervisors at work, files, databases."""
    url = os.environ.get("DATABASE_URL")
    names = ladder.databases_beside(url) if url else []  # others are of runs that go on at the same time
    here = (path for path in sources.FOLDER.rglob("*") if "__pycache__" not in path.parts)
    files = map(str, (*here, *Path(temporary).iterdir()))
    return {*supervisor.living(), *files, *(f"the database {name}" for name in names)}


def _wait_until_gone(name: str, before: set[str], temporary: str) -> None:
    deadline = time.monotonic() + END_SECONDS
    while left := _traces(temporary) - before:
        if time.monotonic() > deadline:
            raise CourseError(f"{name} has left behind: {', '.join(sorted(left))}.")
        time.sleep(0.1)


def store(path: Path, notebook: Any) -> None:
    """Write a notebook with its outputs, without what differs from machine to machine. Raises CourseError."""
    import nbformat

    own = {key: value for key, value in notebook.metadata.get("course", {}).items() if key != "made_from"}
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in ("tags", "course") if key in cell.metadata}
        cell.metadata = nbformat.from_dict(kept)
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
    notebook.metadata = nbformat.from_dict(
        {
            "course": own,
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    _refuse_unfit(path.name, notebook)
    notebook.metadata.course.made_from = sources.made_from(notebook)
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")


def _refuse_unfit(name: str, notebook: Any) -> None:
    """Raise CourseError for outputs that are too large, or that name this machine."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [len(output.data["image/png"]) * 3 // 4 for output in outputs if "image/png" in output.get("data", {})]
    size = len(json.dumps(outputs))
    if max(pictures, default=0) > PICTURE_BYTES or size > OUTPUT_BYTES:
        raise CourseError(f"{name}: its outputs are too large ({size:,} bytes; pictures: {pictures}).")
    texts = [output.get("text", "") for output in outputs]
    texts += [str(text) for output in outputs for kind, text in output.get("data", {}).items() if kind != "image/png"]
    for private in (str(ROOT), str(Path.home()), tempfile.gettempdir(), platform.node()):
        if re.search(rf"(?<!\w){re.escape(private)}(?!\w)", "\n".join(texts)):
            raise CourseError(f"{name}: an output names this machine: {private}.")


def run_all(notebooks: Sequence[Path], *, keep: bool, twice: bool) -> int:
    """Run notebooks one after the other, all of them, although one fails; returns 1 if one did."""
    set_up.add(jupyter.GROUP)
    os.environ.update(jupyter.environment())
    failed = []
    started = time.monotonic()
    with ladder.server(container=False) as _:  # up once for all of them
        for path in notebooks:
            start = time.monotonic()
            try:
                notebook = run(path, twice=twice)
                if keep:
                    store(path, notebook)
            except CourseError as error:
                failed.append(path.name)
                ladder.to_stderr(f"{error}")
            else:
                ladder.to_stderr(f"{path.name}: {time.monotonic() - start:.0f} s")
    verdict = f"failed: {', '.join(failed)}" if failed else "all of them hold"
    ladder.to_stderr(f"{len(notebooks)} notebooks in {time.monotonic() - started:.0f} s: {verdict}.")
    return 1 if failed else 0
