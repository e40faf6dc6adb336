"""The workflow that publishes the site: well formed, its actions pinned, and no right that it does not need."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

WORKFLOW = Path(__file__).parents[2] / ".github" / "workflows" / "pages.yml"
TEXT = WORKFLOW.read_text(encoding="utf-8")


def actionlint(path: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("actionlint")
    assert program, "actionlint is not installed: it comes with the dependency group `lint`"
    return subprocess.run(
        [program, "-no-color", str(path)], check=False, capture_output=True, text=True, encoding="utf-8"
    )


def test_actionlint_finds_nothing_wrong_with_it():
    result = actionlint(WORKFLOW)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("runs-on: ", "run-on: "), ("needs: build", "needs: built"), ("steps.publish.", "steps.published.")],
)
def test_actionlint_tells_what_is_wrong(tmp_path: Path, right: str, wrong: str):
    assert right in TEXT
    broken = tmp_path / "pages.yml"
    broken.write_text(TEXT.replace(right, wrong), encoding="utf-8")
    assert actionlint(broken).returncode == 1


def test_each_action_is_pinned_to_a_commit_and_says_which_version_that_is():
    used = re.findall(r"uses: (.+)", TEXT)
    assert used
    assert [each for each in used if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


def test_it_may_read_where_it_builds_and_publish_where_it_publishes_and_no_more():
    assert "\npermissions: {}\n" in TEXT
    rights = re.findall(r"    permissions:\n((?:      .+\n)+)", TEXT)
    assert [re.findall(r"[\w-]+: \w+", each) for each in rights] == [
        ["contents: read"],
        ["pages: write", "id-token: write"],
    ]
