"""The host that is played for a notebook: versions take over from each other, and nothing stays when it is gone."""

import os
import signal
import subprocess

import pytest
from machine import Home, eventually
from test_live import databases, notebook, run

from course.paths import ROOT

pytestmark = pytest.mark.thorough  # whole deployments


def test_versions_take_over_and_a_broken_one_does_not(home: Home) -> None:
    result = run(
        home,
        """
        from course.teach.hosting import crowd, hosted
        blog = await hosted()
        account = {"email": "ana@example.com", "password": PASSWORD}
        token = (await blog.client.post("/auth/register", json=account)).json()["access_token"]
        ana = {"Authorization": f"Bearer {token}"}
        await blog.client.post("/posts", headers=ana, json={"title": "A post", "body": "Hello."})

        async with crowd(lambda: blog.client.get("/posts")) as visits:
            good = await blog.deploy(JWT_EXPIRES_MINUTES="7")
        versions = await blog.versions(visits)
        switch = good.phase("Switch").began
        before = {version for each, version in zip(visits, versions) if each.at < switch - 0.2}
        after = {version for each, version in zip(visits, versions) if each.at > switch + 0.2}
        print("accepted", good.accepted, "failed", sum(each.failed for each in visits))
        print("versions", len(before), len(after), "both", len(before & after))

        bad = await blog.deploy(broken="migration")
        print("refused", not bad.accepted, bad)
        ready = await blog.client.get("/health/ready")
        print("serves", ready.status_code, await blog.rows("SELECT title FROM posts"))
        try:
            await blog.deploy(broken="nonsense")
        except CourseError as error:
            print("told", error)
        await blog.close()
        await blog.close()
        """,
    )
    said = result.stdout
    assert "accepted True failed 0" in said
    assert "versions 1 1 both 0" in said
    assert "refused True ✗ Pre-deploy" in said
    assert 'column "slug" of relation "posts" contains null values' in said
    assert "serves 200 title\nA post\n" in said
    assert "told There is no failure 'nonsense'" in said
    assert home.processes() == []
    assert databases(home) == []


def test_a_second_host_ends_the_first_and_a_killed_kernel_leaves_none(home: Home) -> None:
    code = """
        from course.teach.hosting import hosted
        first = await hosted()
        second = await hosted()
        try:
            await second.client.get(f"{first.url}/health")
        except Exception as error:
            print("gone:", type(error).__name__)
        print((await second.client.get("/health")).status_code, flush=True)
        await asyncio.sleep(60)
    """
    env = home.env(COURSE_POSTGRES="embedded")
    with subprocess.Popen(notebook(code), cwd=ROOT, env=env, stdout=subprocess.PIPE, encoding="utf-8") as kernel:
        assert kernel.stdout is not None
        assert kernel.stdout.readline() == "gone: ConnectError\n"
        assert kernel.stdout.readline() == "200\n"
        os.kill(kernel.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    eventually(lambda: home.processes() == [], "nothing of the host is left", seconds=15)
    assert databases(home) == []
