"""The site built: Zensical turns what was gathered into pages with a sidebar and a search."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from course import environment
from course.errors import CourseError
from course.learn.site import gathering
from course.machine import reasons
from course.machine.material import lessons
from course.machine.material.lessons import FRONT
from course.paths import ROOT, home
from course.stages import STAGES

GROUP = "site"  # of dependencies, in pyproject.toml
HERE = Path(__file__).parent


def folder() -> Path:
    """Where the built site is."""
    return home() / "site"


def build() -> Path:
    """Build the site, and return its folder. Raises CourseError, with Zensical's words, if a link leads nowhere."""
    source = home() / "site-source"
    for each in (source, folder()):
        shutil.rmtree(each, ignore_errors=True)
    gathering.Gathering(source).gather()
    for file in ("course.css", "course.js"):
        shutil.copyfile(HERE / file, source / file)
    config = home() / "zensical.toml"
    settings = (HERE / "zensical.toml").read_text(encoding="utf-8")
    config.write_text(settings.replace("nav = []", f"nav = [{', '.join(_navigation())}]"), encoding="utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "--config-file", str(config)]
    env = environment.child(NO_COLOR="1")
    run = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if run.returncode != 0:
        said = reasons.COLOURS.sub("", run.stdout + run.stderr)
        raise CourseError(f"The site can't be built:\n{said.partition('Traceback')[0].strip() or said.strip()}")
    return folder()


def _navigation() -> Iterator[str]:
    """The sidebar's entries, as TOML."""
    yield _entry("Home", FRONT)
    for stage in STAGES:
        pages = [_entry(page.title.replace("`", ""), page.path) for page in lessons.pages(stage)]
        yield _entry(f"{stage.id} {stage.title}", [json.dumps(f"{stage.path}/{FRONT}"), *pages])
    kit = [json.dumps(f"notebooks/{FRONT}")]
    kit += [_entry(_heading(path), gathering.name(path)) for path in sorted((ROOT / "notebooks").glob("[nq]*_*.md"))]
    yield _entry("Teach", kit)
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    yield _entry("Notebooks", [_entry(path.stem.replace("_", " "), gathering.name(path)) for path in notebooks])


def _entry(title: str, target: str | list[str]) -> str:
    value = json.dumps(target) if isinstance(target, str) else f"[{', '.join(target)}]"
    return f"{{{json.dumps(title, ensure_ascii=False)} = {value}}}"


def _heading(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
