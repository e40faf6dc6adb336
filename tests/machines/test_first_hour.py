"""A student's first hour, in a minute: what the README tells everybody to do, on a machine of whatever system."""

import json
import signal
from pathlib import Path

import probes
from machine import start

from course.environment import request


def test_the_first_hour(clean: dict[str, str], folder: Path) -> None:
    place = probes.Place({**clean, "COURSE_WORKSPACE": str(folder / "my workspace")}, {})
    probes.overview(place)
    found = json.loads(place.run("doctor", "--json").stdout)["findings"]
    assert [each for each in found if each["needed"] and not each["there"]] == []
    with start(place.command("course", "run", *probes.free_port()), cwd=place.clone, env=place.env) as call:
        url = call.until(probes.SERVED.pattern)[1]
        assert len(request("GET", f"{url}/posts?limit=100").json()["items"]) > 10, "the demo articles"
        assert request("GET", f"{url}/docs").is_success
        assert request("GET", f"{url}/").is_success
        answer = place.run("http", "/posts", "limit==1", COURSE_URL=url)
        assert "200 OK" in answer.stdout
        call.stop(signal.SIGINT)
    assert "Traceback" not in call.output
    probes.check(place)
    probes.shell(place)
