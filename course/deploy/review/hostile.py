"""What careless and hostile clients send: the kinds of the contract's suites, and what Schemathesis makes of them."""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx

from course import environment
from course.deploy.kinds import hostile
from course.deploy.review.asking import Guest
from course.deploy.review.document import Operation, Schema
from course.deploy.review.finding import Finding, NotJudgedError, probe
from course.deploy.review.target import Target
from course.machine import processes, reasons

LONG = {
    "nothing": "",
    "73 characters": "x" * 73,  # one more than bcrypt reads
    "72 characters of two bytes": "é" * 72,
    "300 characters": "x" * 300,  # more than most columns hold
    "an emoji": "🌍",
}
LARGE = (2**31, -(2**31) - 1, 2**63, 10**40)
TEXTS = {"a quotation mark": "%27", "a per cent sign": "%25", "operators": "a%26%7C%21(", "5,000 letters": "x" * 5_000}
SLOT = "what Python's json would not write comes here"
FUZZ_CASES = 12  # of each operation, beside those of its limits
OF_TYPES = ("text/plain", "multipart/form-data; boundary=x", ";")
# Bodies that say the same as another in this list to any framework are left to the contract's suites.
OF_BODIES = (
    "nothing",
    "half an object",
    "JSON null",
    "a list",
    "NaN",
    "invalid UTF-8",
    "nested 100,000 deep",
    "a form",
)


@probe
def what_no_client_should_send(target: Target) -> list[Finding]:
    # Somebody of its own: what is sent may lock the account, or delete it.
    somebody = target.new_guest() if any(each.is_protected for each in target.document.operations) else None
    for operation in target.document.operations:
        guest = somebody if operation.is_protected else None
        try:
            values = target.values_for(operation, guest)
        except NotJudgedError:
            values = dict.fromkeys(operation.parameters, "1")
        _bodies(target, operation, values, guest)
        for name in operation.parameters:
            body = operation.wrapped(target.document.sample(operation)) if operation.body else None
            for what, text in hostile.IDS.items():
                target.sending = f"{name} in the path: {what}"
                path = operation.path_with({**values, name: text})
                target.ask(operation.method.upper(), path, json=body, guest=guest)
        for name in operation.query:
            for what, text in (hostile.NUMBERS | TEXTS).items():
                target.sending = f"{name} in the query: {what}"
                target.ask(operation.method.upper(), f"{operation.path_with(values)}?{name}={text}", guest=guest)
    target.sending = ""
    return []  # each 5xx is noted where it comes


def _bodies(target: Target, operation: Operation, values: dict[str, str], guest: Guest | None) -> None:
    if not operation.body or operation.is_form:
        return

    def good() -> Schema:  # new each time: the second of its name would be refused for that
        return target.registration() if operation is target.register else target.body_for(operation, whole=True)

    target.sending = "a body that is right"
    if target.send(operation, values, guest=guest, body=good()).is_server_error:
        return  # an odd one that fails, too, would be blamed for what any does

    def send(what: str, content: bytes, content_type: str = "application/json") -> None:
        target.sending = what
        target.send(operation, values, guest=guest, content=content, headers={"content-type": content_type})

    for kind in OF_BODIES:
        send(f"a body that is {kind}", hostile.BODIES[kind])
    for encoding in hostile.ODD_ENCODINGS:
        send(f"JSON in {encoding}", json.dumps(operation.wrapped(good())).encode(encoding))
    for each in OF_TYPES:
        send(f"content-type {each}", json.dumps(operation.wrapped(good())).encode(), each)
    for name, schema in operation.fields.items():
        for what, raw in _wrong(good(), name, schema):
            body = json.dumps(operation.wrapped({**good(), name: SLOT})).encode()
            send(f"{name}: {what}", body.replace(json.dumps(SLOT).encode(), raw))


def _wrong(good: Schema, name: str, schema: Schema) -> Iterator[tuple[str, bytes]]:
    """What can't be stored in a field, as JSON, by what is wrong with it."""
    yield from hostile.NOT_TEXT.items()
    if schema.get("type") == "string":
        text = good.get(name)
        if isinstance(text, str) and "@" in text:  # it must still be one, or nothing but the check of its form is tried
            yield (
                "a long domain",
                json.dumps(text.partition("@")[0] + f"@{'y' * 60}.{'z' * 60}.{'w' * 60}.com").encode(),
            )
        else:
            yield from hostile.NOT_STORABLE.items()
            for what, long in LONG.items():
                yield what, json.dumps(long).encode()
    if schema.get("type") in ("integer", "number"):
        for number in LARGE:
            yield f"{number:.0e}", str(number).encode()


@probe
def requests_made_from_the_document(target: Target) -> list[Finding]:
    """Schemathesis, with the limits of every field and a few hundred requests more."""
    with tempfile.TemporaryDirectory(prefix="course-review-") as scratch:
        folder = Path(scratch)
        (folder / "document.json").write_text(json.dumps(target.document.raw), encoding="utf-8")
        command = [sys.executable, "-m", "schemathesis.cli", "run", "document.json", "--url", target.url, "--no-color"]
        command += ["--output-sanitize", "false"]  # a token is shown by its owner's name, below
        command += ["--checks", "not_a_server_error,response_schema_conformance", "--continue-on-failure"]
        command += ["--phases", "examples,coverage,fuzzing", "--max-examples", str(FUZZ_CASES), "--seed", "1"]
        command += ["--report", "json", "--report-json-path", "report.json", "--suppress-health-check", "all"]
        if any(each.is_protected for each in target.document.operations):
            guest = target.new_guest()
            for name, value in guest.headers.items():
                command += ["-H", f"{name}:{value}"]
        log = folder / "schemathesis.log"
        processes.run_apart(command, log=log, cwd=folder, env=environment.child())
        printed = log.read_text(encoding="utf-8", errors="replace")
        report = folder / "report.json"
        if not report.exists():
            raise NotJudgedError(f"Schemathesis could not run: {reasons.of(printed)}")
        target.requests += json.loads(report.read_text(encoding="utf-8"))["test_cases"]["generated"]
    return _of_schemathesis(target, printed.partition("= FAILURES =")[2])


def _of_schemathesis(target: Target, printed: str) -> list[Finding]:
    """The failures that Schemathesis has printed: by operation and test case, with the command that repeats each."""
    found = []
    for part in re.split(r"^(?=_+ [A-Z]+ \S+ _+$)", printed, flags=re.MULTILINE):
        where = re.match(r"_+ ([A-Z]+ \S+) _+$", part, re.MULTILINE)
        if not where:
            continue
        for case in re.split(r"^\d+\. Test Case ID", part, flags=re.MULTILINE)[1:]:
            curl = re.search(r"^    (curl .+)$", case, re.MULTILINE)
            status = re.search(r"^\[(\d{3})\]", case, re.MULTILINE)
            if not curl or not status:
                continue
            sent = curl[1].replace(target.url, "$URL")
            for guest in target.guests:
                sent = sent.replace(guest.token or "\0", f"${guest.name}")
            if "ST101" in case and status[1] != str(httpx.codes.SERVICE_UNAVAILABLE):
                found.append(Finding("server-error", where[1], sent, f"{status[1]}, to a request of Schemathesis"))
            elif "ST108" in case and status[1].startswith("2"):
                what = next((line.strip() for line in case.splitlines()[2:] if line.startswith("    ")), "")
                found.append(Finding("other-than-documented", where[1], sent, f"{status[1]}: {what}"))
    return found
