"""The course in folders with names that are not plain: it is set up, serves, and checks there."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import linked
import probes
import pytest
from clone import Clone
from table import CHECKED, FOLDERS, NOT_SERVED, REFUSED

from course.deploy.rehearsal.repository import Repository
from course.paths import ROOT


@pytest.mark.parametrize("name", FOLDERS)
def test_a_set_up_in_a_folder(name: str, folder: Path) -> None:
    clone = Clone(made(folder, name))
    result = clone.run("run", "06")
    if name in REFUSED:
        assert result.stderr.splitlines()[-1] == f"course: {REFUSED[name].format(folder=clone.folder)}"
        return
    assert clone.works(result, "run", "06"), result.stderr + result.stdout
    again = clone.run()
    assert clone.works(again)
    assert again.stderr == "", "it is set up once"


@pytest.mark.parametrize("name", [each for each in FOLDERS if each not in REFUSED])
def test_a_stage_is_served_from_a_folder(name: str, folder: Path, spare: Path, clean: dict[str, str]) -> None:
    clone = made(folder, name)
    there = clone.resolve()
    there.parent.mkdir(parents=True, exist_ok=True)
    spare.rename(there)
    try:
        serves_or_says_why_not(name, place(clone, linked.settled(there), clean))
    finally:
        for left in (".course", "workspace"):
            shutil.rmtree(there / left, ignore_errors=True)
        there.rename(spare)


def serves_or_says_why_not(name: str, place: probes.Place) -> None:
    if name in NOT_SERVED:
        done = place.run("db", "url", "05a")
        assert done.stderr.splitlines()[-1] == f"course: {NOT_SERVED[name].format(folder=place.clone)}"
        return
    probes.run_05a(place)
    if name in CHECKED:
        probes.check(place)


@pytest.fixture(scope="module")
def spare() -> Iterator[Path]:
    """A whole clone that moves from folder to folder: to make one takes longer than what is tried in it."""
    with tempfile.TemporaryDirectory(prefix="course-spare-", ignore_cleanup_errors=True) as folder:
        clone = Path(folder).resolve() / "course"
        linked.clone(clone)
        yield clone


def made(folder: Path, name: str) -> Path:
    """The folder, with what its name says of it."""
    if name != "a link":
        return folder / name / "course"
    (folder / "real").mkdir()
    (folder / name).symlink_to(folder / "real", target_is_directory=True)
    return folder / name / "course"


def whole(folder: Path, name: str, clean: dict[str, str]) -> probes.Place:
    """A whole clone in the folder, whose course keeps its data there."""
    clone = made(folder, name)
    return place(clone, linked.clone(clone.resolve()), clean)


def place(clone: Path, python: Path, clean: dict[str, str]) -> probes.Place:
    env = {key: value for key, value in clean.items() if key != "COURSE_HOME"}
    return probes.Place(env, {}, clone=clone, python=str(python))


def test_an_environment_that_was_made_under_umask_077(folder: Path, clean: dict[str, str]) -> None:
    """Where this is root, the database's server is another user, who has to reach its libraries."""
    place = whole(folder, "closed", clean)
    for each in place.clone.glob("**/"):
        each.chmod(0o700)
    probes.db_url(place)


def test_a_shallow_clone(folder: Path, clean: dict[str, str]) -> None:
    """As many editors and CI make it: the doctor names what is missing, and the newest commit can be rehearsed."""
    place = whole(folder, "shallow", clean)
    cloned = folder / "cloned"
    command = ["git", "clone", "--quiet", "--no-checkout", "--depth", "1", ROOT.as_uri(), str(cloned)]
    subprocess.run(command, check=True, capture_output=True)
    (cloned / ".git").rename(place.clone / ".git")
    told = probes.doctor(place)
    assert "a shallow clone" in told
    assert "`git fetch --unshallow`" in told
    repository = Repository.find(place.clone)
    assert repository.commit_before_newest_migration() is None
    repository.check_out(repository.commit_id("HEAD"), folder / "deployed")
    assert (folder / "deployed" / "capstone" / "alembic.ini").is_file()


def test_files_of_the_users_own_beside_the_course(folder: Path, clean: dict[str, str]) -> None:
    """A beginner names a first file after what it tries: each of these names is a module's, too."""
    place = whole(folder, "files", clean)
    for name in ("http", "random", "secrets", "logging", "asyncio", "json", "typer", "rich", "tempfile"):
        (place.clone / f"{name}.py").write_text(f"raise SystemExit('my {name}')\n", encoding="utf-8")
    probes.overview(place)
    probes.run_05a(place)
    probes.check(place)


def test_a_checkout_with_the_line_ends_of_windows(folder: Path, clean: dict[str, str]) -> None:
    place = whole(folder, "crlf", clean)
    for name in ("modules/04_async_notes_api", "course", "capstone"):
        for path in (place.clone / name).rglob("*"):
            if path.suffix in (".py", ".toml", ".ini", ".md", ".txt"):
                text = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
                path.unlink()
                path.write_bytes(text)
    probes.check(place)
    probes.run_05a(place)
