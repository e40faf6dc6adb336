"""Secrets where they do not belong: in the log, in what the settings print, in the document."""

import asyncio
import json
import re

from course.deploy.review.document import PARAMETER
from course.deploy.review.finding import Finding, probe_of_own
from course.deploy.review.sockets import knock
from course.deploy.review.target import Target
from course.deploy.verify.doors import SECRETS

ACCESS_LINE = re.compile(r'^INFO:\s+\S+:\d+ - "')  # uvicorn's own, which shows each path as it came
MARKER = "a-token-that-no-log-may-show"


@probe_of_own
def secrets_in_the_log(target: Target) -> list[Finding]:
    assert target.served
    ana = target.ana
    target.log_in(ana)
    target.ask("GET", f"{target.health}?access_token={MARKER}")
    for each in target.served.inside["sockets"]:
        address = PARAMETER.sub("1", each)
        asyncio.run(knock(f"ws{target.url.removeprefix('http')}{address}?access_token={MARKER}"))
    lines = target.served.log.read_text(encoding="utf-8", errors="replace").splitlines()
    told = {"a password": ana.password, "a token": ana.token, "the app's secret": target.served.secret}
    found = []
    for what, secret in {**told, "a token in a query": MARKER}.items():
        line = next((each for each in lines if secret and secret in each and not ACCESS_LINE.match(each)), None)
        if line:
            shown = line.replace(secret, "***")
            found.append(
                Finding("secret-in-log", "the log", f"# in the app's log: {shown[:200]}", f"{what} in the log")
            )
    return found


@probe_of_own
def secrets_in_what_is_printed(target: Target) -> list[Finding]:
    assert target.served
    return [
        Finding("secret-in-repr", name, f"python -c 'print(repr({name}))'", "it shows the app's secret")
        for name in target.served.inside["shown"]
    ]


@probe_of_own
def secrets_in_the_document(target: Target) -> list[Finding]:
    assert target.served
    text = json.dumps(target.document.raw)
    if target.served.secret in text or SECRETS.search(text):
        return [Finding("variables-shown", "the document", 'curl "$URL/openapi.json"', "it holds a secret")]
    return []
