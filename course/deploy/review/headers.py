"""What headers, cookies and the docs say; and the doors that `course verify` tries too."""

from functools import cached_property

import httpx

from course.deploy.review.answers import body_of, token_in
from course.deploy.review.finding import Finding, NotJudgedError, probe
from course.deploy.review.target import Target
from course.deploy.verify import doors
from course.deploy.verify.caller import Caller

PLACES_OF_DOCS = ("/docs", "/", "/redoc")
# By the door's function, the kind that it shows when it is open.
DOORS = {
    doors.replicas_have_one_time: "clocks-apart",
    doors.replicas_have_one_secret: "two-secrets",
    doors.nothing_shows_the_variables: "variables-shown",
    doors.no_other_site_asks_with_credentials: "cors-credentials",
    doors.a_token_ends_soon: "token-for-ever",
    doors.a_password_is_dear_to_guess: "cheap-hash",
    doors.no_redirect_swallows_a_post: "redirect-swallows-post",
    doors.the_docs_are_there: "no-docs",
    doors.a_cookie_is_well_kept: "careless-cookie",
}


class Visitor(Caller):
    """The caller of `course verify`, who registers and logs in as the app's own document says."""

    def __init__(self, target: Target) -> None:
        home = next((each.path for each in target.document.reads if each.is_protected), "/")
        super().__init__(target.url, home=home)
        self._target = target
        self.document_path = target.told.get("document", self.document_path)
        self.docs = next((path for path in PLACES_OF_DOCS if self._is_docs(path)), self.docs)
        if target.login:
            self.login_path = target.login.path

    def _is_docs(self, path: str) -> bool:
        answer = self.http.get(path)
        return answer.is_success and any(name in answer.text.lower() for name in ("swagger", "redoc"))

    @cached_property
    def token(self) -> str:
        return self._target.ana.token  # of whoever gets a cookie, none

    def ask_to_log_in(self) -> httpx.Response:
        if self._target.login is None:
            raise NotJudgedError("no operation of the document looks like a login")
        login = self._target.login
        body = login.wrapped(self._target.login_body(self._target.ana))
        return self.http.post(self.login_path, **{"data" if login.is_form else "json": body})

    def token_in(self, answer: httpx.Response) -> str:
        return token_in(body_of(answer))


@probe
def doors_that_verify_tries(target: Target) -> list[Finding]:
    visitor = Visitor(target)
    found = []
    try:
        for door, kind in DOORS.items():
            try:
                seen = door(visitor) and door(visitor)
            except (NotJudgedError, httpx.HTTPError) as error:
                target.not_judged[door.__name__.replace("_", " ")] = str(error)
            else:
                if seen:
                    told = f"-H 'Origin: {doors.ELSEWHERE}' " if kind == "cors-credentials" else ""
                    found.append(Finding(kind, visitor.home, f'curl -i {told}"$URL{visitor.home}"', seen))
    finally:
        visitor.leave()
    return found


@probe
def answers_with_a_token(target: Target) -> list[Finding]:
    found = []
    for operation in filter(None, (target.register, target.login)):
        guest = target.ana
        body = target.registration() if operation is target.register else target.login_body(guest)
        answer = target.send(operation, body=body)
        if target.credentials(answer) and "no-store" not in answer.headers.get("cache-control", ""):
            came = (
                f"{answer.status_code}, with a token, and Cache-Control: {answer.headers.get('cache-control', 'none')}"
            )
            found.append(target.seen("token-may-be-stored", answer, came))
    return found


@probe
def being_alive(target: Target) -> list[Finding]:
    for method in ("GET", "HEAD"):
        answer = target.ask(method, target.health)
        if not answer.is_success and (method == "GET" or answer.status_code != httpx.codes.METHOD_NOT_ALLOWED):
            return [target.seen("no-health", answer)]
    return []
