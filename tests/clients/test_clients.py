"""Clients made from a stage's OpenAPI document, in Python and TypeScript, compile strictly and tell a user's story.

nox -s clients
nox -s clients -- -k 06        one stage's
"""

import shutil
from pathlib import Path

import pytest
from conftest import HERE, Api, run

STORIES = HERE / "stories"


@pytest.fixture
def folder(api: Api, tmp_path: Path) -> Path:
    """A folder with the document."""
    (tmp_path / "openapi.json").write_bytes(api.document)
    return tmp_path


@pytest.fixture
def packages(api: Api, node: Path) -> Path:
    """A folder with the document and the stories, from which Node finds its packages."""
    folder = node / "client"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "openapi.json").write_bytes(api.document)
    for kind in ("fetch", "sdk"):
        for story in api.stories:
            shutil.copy(STORIES / f"{story}_{kind}.ts", folder)
    shutil.copy(STORIES / "answers.ts", folder)
    for name in ("tsconfig.json", "openapi-ts.config.mjs"):
        shutil.copy(HERE / name, folder)
    return folder


def of_node(folder: Path, program: str) -> list[str]:
    """The command of a program among Node's packages."""
    return ["node", str(folder.parent / "node_modules" / program)]


def test_the_document_is_valid_openapi(folder: Path, tools: Path) -> None:
    run(tools / "python", "-m", "openapi_spec_validator", "openapi.json", cwd=folder)


def test_spectral_finds_no_error(packages: Path) -> None:
    (packages / "rules.yaml").write_text("extends: ['spectral:oas']\n", encoding="utf-8")
    spectral = of_node(packages, "@stoplight/spectral-cli/dist/index.js")
    run(*spectral, "lint", "openapi.json", "--ruleset", "rules.yaml", "--fail-severity", "error", cwd=packages)


def test_a_python_client_tells_a_users_story(api: Api, folder: Path, tools: Path) -> None:
    (folder / "config.yaml").write_text("post_hooks: []\n", encoding="utf-8")  # which would make it pretty
    generator = [tools / "openapi-python-client", "generate", "--path", "openapi.json", "--config", "config.yaml"]
    run(*generator, "--meta", "none", "--output-path", "client", "--fail-on-warning", cwd=folder)
    for name in ("answers", *api.stories):
        shutil.copy(STORIES / f"{name}.py", folder)
    run(tools / "python", "-m", "mypy", "--strict", "client", *(f"{name}.py" for name in api.stories), cwd=folder)
    for story in api.stories:
        run(tools / "python", f"{story}.py", api.url, "python@example.com", cwd=folder)


def test_typescript_clients_tell_a_users_story(api: Api, packages: Path) -> None:
    run(*of_node(packages, "openapi-typescript/bin/cli.js"), "openapi.json", "--output", "schema.ts", cwd=packages)
    run(*of_node(packages, "@hey-api/openapi-ts/bin/run.js"), cwd=packages)
    run(*of_node(packages, "typescript/bin/tsc"), "--project", ".", cwd=packages)
    for kind in ("fetch", "sdk"):
        for story in api.stories:
            run("node", f"built/{story}_{kind}.js", api.url, f"{kind}@example.com", cwd=packages)
