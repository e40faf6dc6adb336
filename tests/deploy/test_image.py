"""The image of an ejected blog, in containers as its compose.yaml wants them: the database, the migrations, the app."""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import course
from machine import eventually
from not_run import not_run, skip_unless_containers_are_wanted

from course.errors import NotThereError
from course.machine import container

BASE = "python:3.13-slim"
BUILD_SECONDS = 600
READY_SECONDS = 90
KILLED = 137


@pytest.fixture(scope="module")
def engine() -> Any:
    """A Docker engine that has the images which are built upon, or may pull them."""
    import docker.errors

    skip_unless_containers_are_wanted()
    try:
        client = container.engine(BUILD_SECONDS)
    except NotThereError as error:
        not_run(error.why, "start Docker")
    for image in (BASE, container.IMAGE):
        try:
            client.images.get(image)
        except docker.errors.ImageNotFound:
            try:
                client.images.pull(image)
            except docker.errors.APIError as error:
                not_run(f"the image {image} can't be pulled ({error})", f"run `docker pull {image}`")
    return client


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image") / "my-blog"
    assert course("eject", str(folder), "--finished").returncode == 0
    (folder / ".env").write_text("JWT_SECRET=not for the image\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def services(folder: Path) -> dict[str, Any]:
    """The services of compose.yaml, with the variables that .env would have."""
    text = (folder / "compose.yaml").read_text(encoding="utf-8")
    values = {"POSTGRES_PASSWORD": secrets.token_hex(16), "JWT_SECRET": secrets.token_hex(32)}
    text = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: values[found[1]], text)
    services: dict[str, Any] = yaml.safe_load(text)["services"]
    return services


@pytest.fixture(scope="module")
def image(engine: Any, folder: Path) -> Iterator[Any]:
    tag = f"course-image-{secrets.token_hex(4)}"
    image, _ = engine.images.build(path=str(folder), tag=tag, network_mode="host", rm=True, forcerm=True)
    yield image
    engine.images.remove(tag)


@pytest.fixture(scope="module")
def start(engine: Any, image: Any, services: dict[str, Any]) -> Iterator[Callable[..., Any]]:
    """Starts one of the services, on a network of their own."""
    network = engine.networks.create(f"course-image-{secrets.token_hex(4)}")
    with ExitStack() as stack:
        stack.callback(network.remove)

        def start(name: str, **more: Any) -> Any:
            service = services[name]
            options = {"command": service.get("command"), "environment": service["environment"]} | more
            running = engine.containers.create(service.get("image", image.id), **options)
            stack.callback(running.remove, force=True, v=True)
            network.connect(running, aliases=[name])
            running.start()
            return running

        yield start


def test_the_image_migrates_serves_and_ends_as_a_host_wants_it(
    services: dict[str, Any], start: Callable[..., Any]
) -> None:
    database = start("database")
    is_up = services["database"]["healthcheck"]["test"].split()
    eventually(lambda: database.exec_run(is_up).exit_code == 0, "the database is up", READY_SECONDS)

    migrate = start("migrate")
    assert migrate.wait(timeout=READY_SECONDS)["StatusCode"] == 0, migrate.logs().decode()
    assert "Running upgrade" in migrate.logs().decode()

    app = start("app")

    def is_healthy() -> bool:
        app.reload()
        return app.attrs["State"]["Health"]["Status"] == "healthy"

    eventually(is_healthy, "the app is healthy", READY_SECONDS)

    def said(command: str) -> str:
        return app.exec_run(command).output.decode().strip()

    assert said("id -un") == "app"
    assert said("cat /proc/1/comm") == "uvicorn"  # the signal that ends the container reaches it
    assert set(said("ls -A").split()) == {"alembic.ini", "app", "migrations", "requirements.txt", "static"}

    app.stop(timeout=15)
    assert app.wait()["StatusCode"] != KILLED
    assert "Finished server process" in app.logs().decode()


def test_an_image_without_its_variables_says_so_in_one_line(start: Callable[..., Any]) -> None:
    app = start("app", environment={})
    assert app.wait(timeout=READY_SECONDS)["StatusCode"] == 3
    assert "DATABASE_URL is missing" in app.logs().decode()
