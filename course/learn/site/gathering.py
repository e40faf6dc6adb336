"""What the site is built from: the repository's pages, and whatever they link to, as Markdown in a folder of its own.

The lessons, the kit and the quizzes are taken as they are. A notebook becomes a page with its stored outputs, a source
file that is linked to becomes a page that shows it, and a quiz's questions stand at the end of the pages that they are
about, too. Links are turned so that they lead from page to page.
"""

import os
import re
import shutil
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote

from course.errors import CourseError
from course.machine.material import lessons
from course.machine.material.lessons import FRONT, without_blocks
from course.paths import ROOT
from course.stages import STAGES

NOTEBOOKS = ROOT / "notebooks"
IMAGES = (".png", ".svg")
LANGUAGES = {".py": "python", ".toml": "toml", ".yml": "yaml"}
LINK = re.compile(r"\]\(<?(?P<markdown>[^)\s>]+)>?(?: \"[^\"]*\")?\)|\b(?:href|src)=\"(?P<html>[^\"]+)\"")
NAVIGATION = re.compile(r"<!--\[\[\[cog navigation\(\) \]\]\]-->.*?<!--\[\[\[end\]\]\]-->\n", re.DOTALL)
COMMENT = re.compile(r"^<!--.*-->$\n?", re.MULTILINE)
QUESTION = re.compile(r"^##+ \d+\. (?P<question>.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
TO_A_LESSON = re.compile(r"\]\((?P<page>[^)#]*/lesson/[^)#]+)")
NOT_FOUND_BY_SEARCH = "---\nsearch:\n  exclude: true\n---\n\n"


class Gathering:
    """The pages of the site, written into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.questions = questions()
        self.missing: list[str] = []
        self._waiting: list[Path] = []
        self._seen: set[Path] = set()

    def gather(self) -> None:
        """Write all pages. Raises CourseError if a link of one leads to no file."""
        lesson_pages = [ROOT / page.path for stage in STAGES for page in lessons.pages(stage)]
        self._waiting = [ROOT / FRONT, *lesson_pages, *NOTEBOOKS.glob("*.md"), *NOTEBOOKS.glob("*.ipynb")]
        while self._waiting:
            path = self._waiting.pop()
            if path not in self._seen:
                self._seen.add(path)
                self._take(path)
        if self.missing:
            raise CourseError("\n".join(self.missing))

    def _take(self, path: Path) -> None:
        target = self.folder / name(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in IMAGES:
            shutil.copyfile(path, target)
            return
        if path.suffix == ".md":
            text = self._page(path)
        elif path.suffix == ".ipynb":
            text = self._linked(_notebook(path, target.parent), path, path)
        elif path.is_dir():
            text = _folder(path)
        else:
            text = _source(path)
        target.write_text(text, encoding="utf-8", newline="\n")

    def _page(self, path: Path) -> str:
        text = self._linked(NAVIGATION.sub("", path.read_text(encoding="utf-8")), path, path)
        if path.name.startswith("quiz_"):
            return NOT_FOUND_BY_SEARCH + text
        if asked := self.questions.get(path):
            text += "\n## Questions\n"
            for quiz, question in asked:
                text += f"\n### {self._linked(question, quiz, path)}"
        return text

    def _linked(self, text: str, written_in: Path, shown_on: Path) -> str:
        """A text as the renderer wants it: its links lead to the site's pages, its folded parts are Markdown, too."""
        prose = re.sub(r"`[^`\n]+`", lambda code: "x" * len(code[0]), without_blocks(text))
        parts, last = [], 0
        for match in LINK.finditer(prose):
            kind = match.lastgroup or ""
            target = self._target(match[kind], written_in, shown_on)
            parts += [text[last : match.start(kind)], target]
            last = match.end(kind)
        linked = "".join([*parts, text[last:]])
        return COMMENT.sub("", linked).replace("<details>", '<details markdown="1">')

    def _target(self, link: str, written_in: Path, shown_on: Path) -> str:
        """Where a link leads on the site; the page that it leads to is gathered, too."""
        if re.match(r"[a-z]+:|#", link):
            return link
        file, hash_, anchor = unquote(link).partition("#")
        if (self.folder / Path(name(shown_on)).parent / file).is_file():  # a notebook's plot
            return link
        path = Path(os.path.normpath(written_in.parent / file))
        if path.is_dir() and (path / FRONT).is_file():
            path /= FRONT
        if not path.exists() or not path.is_relative_to(ROOT):
            self.missing.append(f"{written_in.relative_to(ROOT).as_posix()}: the link to {link} leads to no file.")
            return link
        self._waiting.append(path)
        return Path(os.path.relpath(name(path), Path(name(shown_on)).parent)).as_posix() + hash_ + anchor


def name(path: Path) -> str:
    """The file of the site's source that shows a file or a folder of the repository."""
    inside = "/".join(part.removeprefix(".") for part in path.relative_to(ROOT).parts)  # hidden files are no pages
    if path.suffix in (".md", *IMAGES):
        return inside
    if path.suffix == ".ipynb":
        return inside.removesuffix(".ipynb") + ".md"
    return f"{inside}/{FRONT}" if path.is_dir() else f"{inside}.md"


def questions() -> dict[Path, list[tuple[Path, str]]]:
    """The quizzes' questions, each with its quiz, by the page that its answer leads to first."""
    found: dict[Path, list[tuple[Path, str]]] = defaultdict(list)
    for quiz in sorted(NOTEBOOKS.glob("quiz_*.md")):
        for match in QUESTION.finditer(quiz.read_text(encoding="utf-8")):
            if to := TO_A_LESSON.search(match["question"]):
                page = Path(os.path.normpath(quiz.parent / to["page"]))
                found[page].append((quiz, match["question"]))
    return found


def _notebook(path: Path, folder: Path) -> str:
    """A notebook with its stored outputs as Markdown; its plots are written beside it."""
    from nbconvert import MarkdownExporter

    wanted = {"unique_key": path.stem, "output_files_dir": f"{path.stem}_files"}
    text, made = MarkdownExporter().from_filename(str(path), resources=wanted)
    for file, content in made["outputs"].items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(content)
    return str(text)


def _source(path: Path) -> str:
    """A page that shows a source file."""
    inside = path.relative_to(ROOT).as_posix()
    text = path.read_text(encoding="utf-8").rstrip()
    return f"{NOT_FOUND_BY_SEARCH}# {inside}\n\n````{LANGUAGES.get(path.suffix, 'text')}\n{text}\n````\n"


def _folder(path: Path) -> str:
    """A page that names the files of a folder."""
    inside = path.relative_to(ROOT).as_posix()
    files = sorted(file.relative_to(path).as_posix() for file in path.rglob("*.*") if "__pycache__" not in file.parts)
    return f"{NOT_FOUND_BY_SEARCH}# {inside}\n\n" + "".join(f"- `{file}`\n" for file in files)
