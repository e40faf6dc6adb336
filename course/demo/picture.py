"""Draw the README's picture, a terminal in which the blog is served and read: `python -m course.demo.picture`.

For maintainers. All of it is real: the command is run and the blog is asked. Look at the result before you commit it.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.json import JSON
from rich.text import Text

from course import environment
from course.paths import ROOT

PICTURE = Path(__file__).parent / "picture.svg"
COLUMNS = 100
TITLE = "the finished blog, on your machine"

# Rich's own format loads a font from elsewhere; this one takes what the reader has.
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px Menlo, Consolas, "DejaVu Sans Mono", monospace; }}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


@contextmanager
def running_blog() -> Iterator[list[str]]:
    """Run `course run` for the length of the block, and give the lines that it tells the user."""
    command = [sys.executable, "-m", "course", "run"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment.child(), stdout=subprocess.PIPE, encoding="utf-8"
    ) as server:
        assert server.stdout is not None
        told: list[str] = []
        while not told or not told[-1].startswith("Ctrl-C"):
            line = server.stdout.readline()
            if not line:
                raise SystemExit("`course run` did not start; it says why above.")
            told.append(line.rstrip())
        try:
            yield told
        finally:
            server.terminate()


def draw() -> None:
    """Write the picture."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor")
    with running_blog() as told:
        address = told[0].rpartition(" ")[2]
        type_command(console, "python3 -m course run")
        for line in told:
            console.print(line.replace(str(ROOT), "~/course"), highlight=False)
        console.print()
        type_command(console, f"curl {address}/posts?limit=1")
        answer = JSON(environment.request("GET", f"{address}/posts?limit=1").text).text
        answer.no_wrap = False
        console.print(answer)
    PICTURE.write_text(console.export_svg(title=TITLE, code_format=SVG, unique_id="terminal"), encoding="utf-8")


def type_command(console: Console, command: str) -> None:
    """Show a command as somebody would type it."""
    console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))


if __name__ == "__main__":
    draw()
