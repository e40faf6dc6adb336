"""On a projector no cell of a notebook has to be scrolled: its code and its stored outputs fit on the screen together.

Each is rendered by nbconvert, in JupyterLab's own styles and with the letters of its presentation mode. What JupyterLab
leaves of a screen of 1280x720 was measured in JupyterLab 4.6, with the side bar closed: a height of 599 for a cell, and
a width of 1054 for its code. There a cell is up to 30 higher than here.
"""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser

from course.teach.notebooks import sources

SCREEN = {"width": 1280, "height": 720}
ROOM_WIDTH, ROOM_HEIGHT = 1140, 569  # of which nbconvert gives 1054 to the code
PRESENTATION = f"""
    body {{
        --jp-code-font-size: var(--jp-code-presentation-font-size);
        --jp-content-font-size1: var(--jp-content-presentation-font-size1);
    }}
    main {{ width: {ROOM_WIDTH}px; box-sizing: border-box; }}
"""
CELLS = """() => [...document.querySelectorAll(".jp-Cell")].map(cell => ({
    height: Math.round(cell.getBoundingClientRect().height),
    overhang: Math.max(0, ...[...cell.querySelectorAll(".highlight pre, .jp-OutputArea-output")].map(
        each => each.scrollWidth - each.clientWidth
    )),
    begins: cell.innerText.trim().slice(0, 60),
}))"""


def cells(browser: Browser, notebook: Any) -> list[dict[str, Any]]:
    """The cells as they are on the screen: their heights, and what sticks out at their right."""
    text, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
    page = browser.new_page(viewport=SCREEN)
    page.route("**", lambda route: route.abort())  # its scripts, from elsewhere: not needed for the layout
    page.set_content(text, wait_until="load")
    page.add_style_tag(content=PRESENTATION)
    assert page.evaluate("getComputedStyle(document.querySelector('.jp-Notebook pre')).fontSize") == "16px"
    found: list[dict[str, Any]] = page.evaluate(CELLS)
    page.close()
    return found


def too_large(browser: Browser, notebook: Any) -> list[dict[str, Any]]:
    return [cell for cell in cells(browser, notebook) if cell["height"] > ROOM_HEIGHT or cell["overhang"] > 0]


@pytest.mark.parametrize("path", sources.paths(), ids=lambda path: path.stem)
def test_no_cell_has_to_be_scrolled_in_presentation_mode(browser: Browser, path: Path) -> None:
    assert too_large(browser, nbformat.read(path, as_version=4)) == []


@pytest.mark.parametrize(("code", "output"), [("print()", "line\n" * 30), (f"# {'x' * 120}", "")])
def test_a_cell_that_has_to_be_scrolled_is_found(browser: Browser, code: str, output: str) -> None:
    stream = nbformat.v4.new_output("stream", text=output)
    cell = nbformat.v4.new_code_cell(code, outputs=[stream])
    python = {"language_info": {"name": "python", "pygments_lexer": "python"}}
    assert len(too_large(browser, nbformat.v4.new_notebook(cells=[cell], metadata=python))) == 1
