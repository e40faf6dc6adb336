"""The blog grows feature by feature, as section 6.2 has it, in a repository of one's own: drafted, merged, deployed."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import course, fresh_database, read, rehearsal

from course.deploy.eject import features, make
from course.deploy.grow import grow
from course.deploy.rehearsal.repository import Repository
from course.machine.material.workspace import Workspace, read_source
from course.machine.migrations import VERSIONS
from course.stages import CAPSTONE

# Where the code or the tables are others than the ejected blog's, of which test_eject.py asks for every promise.
DIFFERENT = ("test pages", "test search", "count", "people who wrote to each other", "deleting the post", "openapi")
WHO = ("-c", "user.name=Ana", "-c", "user.email=ana@example.com")


class Grown:
    """The repository, and a database of its own for the drafts."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.env = os.environ | {"DATABASE_URL": url, "JWT_SECRET": "x" * 32, "PYTHONPATH": ""}

    def git(self, *words: str) -> str:
        return self._run("git", *WHO, *words)

    def python(self, *words: str) -> str:
        return self._run(sys.executable, "-m", *words)

    def feature(self, name: str) -> str:
        return "\n".join(grow(name, self.folder, finished=True))

    def draft(self, title: str) -> tuple[Path, str]:
        """What Alembic proposes as the next migration."""
        number = f"{len(list((self.folder / VERSIONS).glob('*.py'))) + 1:04}"
        self.python("alembic", "revision", "--autogenerate", "--rev-id", number, "--message", title)
        path = self.folder / VERSIONS / f"{number}_{title}.py"
        return path, path.read_text(encoding="utf-8")

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grown]:
    folder = tmp_path_factory.mktemp("grown") / "my-blog"
    assert course("eject", str(folder), "--bare").returncode == 0
    with fresh_database() as url:
        yield Grown(folder, url)


def corrected(draft: str, not_yours: list[str]) -> str:
    """A drafted migration without the statements that name what is not its own."""
    lines = draft.splitlines(keepends=True)
    for function in reversed([each for each in ast.parse(draft).body if isinstance(each, ast.FunctionDef)]):
        for statement in reversed(function.body):
            text = ast.get_source_segment(draft, statement) or ""
            if any(name in text for name in not_yours):
                del lines[statement.lineno - 1 : statement.end_lineno]
    return "".join(lines)


def texts(folder: Path) -> dict[str, bytes]:
    """The repository's code, by file; the migrations are drafts."""
    paths = [path for part in ("app", "static", "tests") for path in (folder / part).rglob("*.*")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.suffix != ".pyc"}


def test_the_blog_grows_by_features_each_drafted_corrected_tested_merged_and_deployed(
    skeleton: Grown, layers: str, tmp_path: Path
) -> None:
    blog, merged = skeleton, dict[str, str]()
    walking = blog.git("rev-parse", "HEAD").strip()
    blog.python("alembic", "upgrade", "head")
    for each in features():
        name = each["id"]
        assert f"On the branch {name} of" in blog.feature(name)
        if "migrations" in each:
            path, draft = blog.draft(name)
            path.write_text(corrected(draft, each["not_yours"]), encoding="utf-8")
            assert all(word in draft and word not in path.read_text(encoding="utf-8") for word in each["not_yours"])
            blog.git("add", ".")
            blog.git("commit", "--quiet", "--message", f"Add the table {name}")
            assert blog.feature(name).count("is given") == len(each["migrations"])
            blog.python("alembic", "upgrade", "head")
            assert "No new upgrade operations" in blog.python("alembic", "check")
        own = [file for file in each["files"] if file.startswith(f"tests/test_{name.removesuffix('s')}")]
        blog.python("pytest", "-q", *(own or ["tests/test_openapi.py", "tests/test_tokens.py"]))
        blog.git("add", ".")
        blog.git("commit", "--quiet", "--message", f"People can see {name}")
        blog.git("switch", "--quiet", "main")
        blog.git("merge", "--quiet", "--no-ff", "--message", f"Merge {name}", name)
        merged[name] = blog.git("rev-parse", "HEAD").strip()
    make(tmp_path / "my-blog", CAPSTONE, CAPSTONE.folder, "my-blog", bare=True, features=len(features()))
    mine, whole = texts(blog.folder), texts(tmp_path / "my-blog")
    different = [file for file in mine | whole if mine.get(file) != whole.get(file)]
    assert different == ["tests/test_times.py"]  # of the walking skeleton alone, as an app of one's own needs it
    # A commit of a feature's branch was never deployed: the version before is the blog before all of that feature.
    assert merged["posts"].startswith(str(Repository(blog.folder).commit_before_newest_migration()))
    # In one step, and back, so that the walking skeleton is deployed as well.
    with rehearsal(layers, blog.folder, "--before", walking) as done:
        assert f"commit {walking[:12]}; " in done.output
        assert "Nothing was lost" in done.output, done.output
        assert re.search(r"[1-9]\d* names were acknowledged, lost: 0", done.output)
        only = [word for each in DIFFERENT for word in ("--only", each)]
        report = read(course("verify", done.url, *only, "--json"))
    assert report["broken"] == []
    assert report["kept"] == report["promises"] > 30


def test_what_the_learner_has_written_comes_from_the_workspace_and_what_they_have_changed_here_stays(
    tmp_path: Path,
) -> None:
    folder, workspace = tmp_path / "my-blog", Workspace(CAPSTONE, tmp_path / "workspace")
    workspace.start()
    mine = {"COURSE_WORKSPACE": str(workspace.root)}
    assert course("eject", str(folder), "--bare").returncode == 0
    refused = course("feature", "posts", str(folder), **mine)
    assert refused.returncode == 1
    assert "These steps are not written yet: 6.2e (" in refused.stderr
    assert "6.2o" not in refused.stderr
    steps = workspace.learning.steps
    for step in steps[: [each.id for each in steps].index("6.2f") + 1]:  # where the page of the feature stands
        workspace.put_reference(step)
    service = workspace.folder / "app" / "services" / "posts_service.py"
    service.write_text(read_source(service).replace("may change a post.", "may."), encoding="utf-8")
    main = folder / "app" / "main.py"
    main.write_text(read_source(main).replace('title="my-blog"', 'title="Mine"'), encoding="utf-8")
    refused = course("feature", "posts", str(folder), **mine)
    assert "something is not committed yet" in refused.stderr
    subprocess.run(["git", *WHO, "commit", "--quiet", "--all", "--message", "Mine"], cwd=folder, check=True)
    done = course("feature", "posts", str(folder), GIT_QUARANTINE_PATH=str(tmp_path), **mine)  # as a git hook calls
    assert done.returncode == 0, done.stderr
    assert '"Only its author may."' in read_source(folder / "app" / "services" / "posts_service.py")
    assert 'title="Mine"' in read_source(main)
    assert "(posts, users, auth)" in read_source(main)
    assert "tests/test_search.py is not among them: you write it in step 6.3a (" in done.stdout
    assert not (folder / "tests" / "test_search.py").exists()
    for words in (("add", "."), ("commit", "--quiet", "--message", "Posts")):
        subprocess.run(["git", *WHO, *words], cwd=folder, check=True)
    assert "posts_search.py is given" in course("feature", "posts", str(folder), **mine).stdout


def test_tests_of_the_learners_own_come_with_the_feature_once_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, workspace = tmp_path / "my-blog", Workspace(CAPSTONE, tmp_path / "workspace")
    monkeypatch.setenv("COURSE_WORKSPACE", str(workspace.root))
    workspace.start()
    for step in workspace.learning.steps:
        workspace.put_reference(step)
    own = workspace.folder / "tests" / "test_search.py"
    own.write_text(f"{read_source(own)}\n# Mine\n", encoding="utf-8")
    assert course("eject", str(folder), "--bare").returncode == 0
    assert not [line for line in grow("posts", folder, finished=False) if "not among them" in line]
    assert read_source(folder / "tests" / "test_search.py").endswith("# Mine\n")


def test_a_feature_needs_those_before_it_and_a_name_that_is_known(tmp_path: Path) -> None:
    folder = tmp_path / "my-blog"
    assert course("eject", str(folder), "--bare").returncode == 0
    refused = course("feature", "live", str(folder), "--finished")
    assert refused.returncode == 1
    assert "has no posts yet: course feature posts" in refused.stderr
    refused = course("feature", "chat", str(folder))
    assert refused.returncode == 2
    assert "there are, in this order: posts, comments, live" in refused.stderr
