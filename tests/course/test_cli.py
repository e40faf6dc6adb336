"""The front door: the overview, the help and the doctor."""

import json
import re
from pathlib import Path

import pytest
from machine import Home

from course.errors import CourseError
from course.machine import browsers, doctor, ladder
from course.paths import ROOT
from course.stages import STAGES

NO_ENGINE = "tcp://127.0.0.1:9"


def test_the_overview_names_each_stage_and_what_it_teaches(home: Home) -> None:
    result = home.run(COLUMNS="250")
    assert result.returncode == 0
    for stage in STAGES:
        assert re.search(rf"^{stage.id} .*{re.escape(stage.title)} .*{re.escape(stage.teaches)}", result.stdout, re.M)
    assert "course run" in result.stdout


def test_help_shows_examples(home: Home) -> None:
    assert "course run 06 --port 9000" in home.run("run", "--help").stdout


def test_a_word_that_is_no_command_is_a_usage_error(home: Home) -> None:
    result = home.run("rnu")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_another_app_is_one_in_your_own_copy(home: Home) -> None:
    result = home.run("run", "04", "--app", "first_version:app")
    assert result.returncode == 2
    assert "--workspace" in result.stderr


def test_the_doctor_finds_nothing_missing_where_the_course_runs_and_only_notes_a_missing_engine(home: Home) -> None:
    result = home.run("doctor", DOCKER_HOST=NO_ENGINE, COLUMNS="200")
    assert result.returncode == 0, result.stdout
    assert re.search(r"ok +Embedded PostgreSQL +18", result.stdout)
    assert re.search(r"not there +Docker engine", result.stdout)
    assert re.search(r"^Docker engine: (?s:.*)start Docker", result.stdout, re.MULTILINE)


def test_the_doctor_fails_where_the_given_server_does_not_answer_and_shows_no_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody:secret-word@127.0.0.1:9/blog")
    monkeypatch.setattr(doctor, "LOOKS", (doctor._given_server,))
    assert doctor.show() == 1
    said = capsys.readouterr().out
    assert re.search(r"missing +DATABASE_URL", said)
    assert re.search(r"^DATABASE_URL: .*set that right", said, re.MULTILINE)
    assert "secret-word" not in said


@pytest.mark.parametrize("url", ["sqlite:///x.db", "postgresql://me@127.0.0.1:9/x", "mysql://db/x"])
def test_the_doctor_says_of_a_database_url_what_a_run_says(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(CourseError) as of_a_run, ladder.server():
        pass
    assert [each.fix for each in doctor._given_server()] == [str(of_a_run.value)]


@pytest.mark.parametrize("error", [ImportError("no asyncpg"), CourseError("no server for this kind of machine")])
def test_the_doctor_says_that_the_packages_come_first(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise error

    def incomplete() -> None:
        raise CourseError("asyncpg can't be imported")

    monkeypatch.setattr(doctor.set_up, "check_imports", incomplete)
    monkeypatch.setattr(doctor.embedded, "leased", fails)
    monkeypatch.setattr(doctor, "LOOKS", (doctor._python, doctor._embedded_server))
    *_, packages, server = doctor.find_all()
    assert not packages.there
    assert packages.needed
    assert server.fix == doctor.PACKAGES_FIRST
    assert not server.needed


def test_the_doctor_says_what_is_lost_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    [finding] = doctor._git()
    assert not finding.there
    assert "`course commit`" in finding.fix
    assert "`course rehearse`" in finding.fix


def test_the_doctors_json_says_what_to_mend_and_has_no_name_of_anybody_in_it(home: Home) -> None:
    url = "postgresql://somebody:secret-word@db.corp.example:9/private"
    proxy = "http://me:hidden@proxy.corp.example:1"
    foreign = {"HTTPS_PROXY": proxy, "PGPORT": "1", "SSL_CERT_FILE": "/no/such/file.pem"}
    result = home.run("doctor", "--json", DOCKER_HOST=NO_ENGINE, DATABASE_URL=url, **foreign)
    assert result.returncode == 1
    found = {each["what"]: each for each in json.loads(result.stdout)["findings"]}
    assert found["Variables"]["detail"] == "left out: PGPORT"
    assert found["Proxy"]["detail"] == "HTTPS_PROXY, for downloads alone"
    assert found["Certificates"]["fix"].startswith("unset SSL_CERT_FILE, or name a file that is there")
    assert not found["Certificates"]["needed"]
    assert not found["DATABASE_URL"]["there"]
    assert found["DATABASE_URL"]["needed"]
    for name in ("somebody", "secret-word", "corp", "private", "hidden", str(ROOT), str(Path.home()), str(home.folder)):
        assert name not in result.stdout, name


def a_look_that_fails() -> list[doctor.Finding]:
    raise ValueError("odd machine")


def test_a_look_of_the_doctors_that_fails_is_a_finding_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "LOOKS", (a_look_that_fails, doctor._open_files))
    assert doctor.show() == 1
    told = capsys.readouterr().out
    assert re.search(r"missing +A look that fails +not known(?s:.*)Open files", told)
    assert "the look itself failed (ValueError: odd machine)" in told


def test_the_doctor_prints_a_finding_before_it_looks_further(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told_before: list[str] = []

    def second() -> list[doctor.Finding]:
        told_before.append(capsys.readouterr().out)
        return []

    monkeypatch.setattr(doctor, "LOOKS", (lambda: [doctor.Finding("A [thing]", True, "in [a] folder")], second))
    assert doctor.show() == 0
    assert re.search(r"ok +A \[thing] +in \[a] folder", told_before[0])


def found_by_the_doctor() -> str | None:
    [finding] = doctor._browser()
    return finding.detail if finding.there else None


@pytest.mark.parametrize(
    ("folder", "program"),
    [
        ("PROGRAMFILES", "Google/Chrome/Application/chrome.exe"),
        ("/Applications", "Microsoft Edge.app/Contents/MacOS/Microsoft Edge"),
    ],
)
def test_a_browser_that_is_installed_but_not_on_the_path_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, program: str
) -> None:
    for name in ("PATH", *browsers.WINDOWS_FOLDERS):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(browsers, "MAC_FOLDER", tmp_path / "Applications")
    assert browsers.find() is None
    assert found_by_the_doctor() is None
    installed = tmp_path / folder.strip("/") / program
    installed.parent.mkdir(parents=True)
    installed.touch()
    assert browsers.find() == found_by_the_doctor() == str(installed)


def test_a_browser_on_the_path_comes_before_one_that_is_only_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = tmp_path / "bin" / "chromium.exe"
    installed = tmp_path / "Chromium.app" / "Contents" / "MacOS" / "Chromium"
    for program in (on_path, installed):
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)
    monkeypatch.setattr(browsers, "MAC_FOLDER", tmp_path)
    monkeypatch.setattr(browsers, "ON_PATH", ("chromium.exe",))
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert browsers.find() == str(on_path)
