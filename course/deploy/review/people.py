"""Who asks: how one registers and logs in, two people with accounts, and somebody who may do more, if there is one."""

import re
import secrets
from functools import cached_property
from urllib.parse import urlsplit

import httpx

from course.deploy.review.answers import body_of, cookies_of, id_of, row_of, shown, token_in
from course.deploy.review.asking import Asking, Guest
from course.deploy.review.document import EMAIL, LOGS_IN, PASSWORD, REGISTERS, USER_NAME, Operation, Schema
from course.deploy.review.finding import NotJudgedError

NAMES = ("ANA", "BOB")
PREFIXES = ("Bearer ", "Token ", "")
ADMINS = re.compile(r"admin|super|root|owner|staff|manag|librar|organi|treasur|editor|moderat", re.IGNORECASE)


class People(Asking):
    """An app, and those who have an account there."""

    _by_email = False  # does one log in by one's e-mail, whatever the field is called?
    _way: tuple[str, str] | None = None  # the header for a token, and what stands before it

    @cached_property
    def register(self) -> Operation | None:
        """How one registers: told by review.toml, or guessed."""
        return self._entrance("register", REGISTERS)

    @cached_property
    def login(self) -> Operation | None:
        """How one logs in: told, said by the document's security, or guessed."""
        for scheme in self._schemes:
            if url := scheme.get("flows", {}).get("password", {}).get("tokenUrl"):
                path = urlsplit(url).path
                for each in self.document.operations:
                    if each.method == "post" and each.path.strip("/").endswith(path.strip("/")):
                        return each
        return self._entrance("login", LOGS_IN)

    @property
    def _schemes(self) -> list[Schema]:
        return list(self.document.raw.get("components", {}).get("securitySchemes", {}).values())

    def _entrance(self, name: str, pattern: re.Pattern[str]) -> Operation | None:
        told = self.told.get(name, {}).get("path")
        for each in self.document.operations:
            if each.method == "post" and (each.path == told if told else self._is_entrance(each, pattern)):
                return each
        return None

    def _is_entrance(self, operation: Operation, pattern: re.Pattern[str]) -> bool:
        takes_password = operation.field(PASSWORD) is not None
        return takes_password and not operation.is_protected and pattern.search(operation.path) is not None

    @property
    def ana(self) -> Guest:
        """Somebody with an account. Raises NotJudgedError if nobody can have one."""
        return self._guest(0)

    @property
    def bob(self) -> Guest:
        """Somebody else. Raises NotJudgedError if nobody can have an account."""
        return self._guest(1)

    def _guest(self, number: int) -> Guest:
        named = [each for each in self.guests if each.name in NAMES and each.headers]
        for name in NAMES[len(named) : number + 1]:
            named.append(self.new_guest(name))
        return named[number]

    @cached_property
    def admin(self) -> Guest | None:
        """Somebody who may do what others may not: told by review.toml, or made so in the review's own database."""
        if told := self.told.get("admin"):
            guest = Guest("ADMIN", str(told.get("email", "")), str(told.get("username", "")), str(told["password"]))
            self.guests.append(guest)
        elif self.served and self.register:
            guest = self.new_guest("ADMIN")
            if not self.served.make_admin(guest.email or guest.username, self._roles):
                return None
        else:
            return None
        guest.headers = self.credentials(self.log_in(guest)) or guest.headers  # a token may say who somebody is
        return guest

    @property
    def _roles(self) -> list[str]:
        """What the column that says who somebody is may hold for those who may do more, the likeliest first."""
        schemas = self.document.raw.get("components", {}).get("schemas", {})
        fields = [each["properties"]["role"] for each in schemas.values() if "role" in each.get("properties", {})]
        named = [role for each in fields for role in self.document.plain(each).get("enum", []) if ADMINS.search(role)]
        return [*named, "admin", *(role.upper() for role in [*named, "admin"])]

    def new_guest(self, name: str = "GUEST") -> Guest:
        """Somebody who has just registered. Raises NotJudgedError if that does not work."""
        if self.register is None:
            raise NotJudgedError(
                "no operation of the document looks like a registration: name it in review.toml, [register] path"
            )
        body = self.registration()
        response = self.send(self.register, body=body)
        if not response.is_success:
            raise NotJudgedError(f"{self.register.name} was answered {response.status_code}: {shown(response)}")
        guest = self.guest_of(body, name)
        guest.id = id_of(row_of(response), "user")
        self.guests.append(guest)
        guest.headers = self.credentials(response) or self.credentials(self.log_in(guest))
        if not guest.headers and guest.email and guest.username:
            self._by_email = True
            guest.headers = self.credentials(self.log_in(guest))
        if not guest.headers:
            raise NotJudgedError("whoever registers and logs in gets no token that the review can find")
        if not guest.id and self.own:
            guest.id = id_of(row_of(self.send(self.own, guest=guest)), "user")
        return guest

    @staticmethod
    def guest_of(body: Schema, name: str = "GUEST") -> Guest:
        """Whoever registers with such a body."""
        fields = [next((key for key in body if each.search(key)), "") for each in (EMAIL, USER_NAME, PASSWORD)]
        email, username, password = (str(body.get(key, "")) for key in fields)
        return Guest(name, email, username, password, registered=body)

    @cached_property
    def own(self) -> Operation | None:
        """What tells somebody who they are."""
        reads = [each for each in self.document.operations if each.method == "get" and each.is_protected]
        return next((each for each in reads if each.for_itself), None)

    def registration(self) -> Schema:
        """A new body that a registration should take."""
        assert self.register is not None
        body = self.document.sample(self.register)
        passwords = [name for name in body if PASSWORD.search(name)]  # one is there to be repeated
        body |= dict.fromkeys(passwords, body[passwords[0]]) | self.told.get("register", {}).get("body", {})
        new = secrets.token_hex(4)
        return {key: value.format(new=new) if isinstance(value, str) else value for key, value in body.items()}

    def log_in(self, guest: Guest, password: str | None = None, name: str | None = None) -> httpx.Response:
        """Ask for a token. Raises NotJudgedError if the document knows no way."""
        if self.login is None:
            raise NotJudgedError(
                "no operation of the document looks like a login: name it in review.toml, [login] path"
            )
        return self.send(self.login, body=self.login_body(guest, password=password, name=name))

    def login_body(self, guest: Guest, *, password: str | None = None, name: str | None = None) -> Schema:
        assert self.login is not None
        body: Schema = {}
        for field in self.login.fields:
            if PASSWORD.search(field):
                body[field] = guest.password if password is None else password
            elif EMAIL.search(field) or (USER_NAME.search(field) and (self._by_email or not guest.username)):
                body[field] = guest.email if name is None else name
            elif USER_NAME.search(field):
                body[field] = guest.username if name is None else name
        if "grant_type" in self.login.fields:
            body["grant_type"] = "password"
        return body

    def credentials(self, response: httpx.Response) -> dict[str, str]:
        """The headers that show who asks, out of the answer of a registration or a login; none if there is no token."""
        if not response.is_success:
            return {}
        if token := token_in(body_of(response)):
            return self.with_token(token)
        cookies = cookies_of(response)
        return {"Cookie": cookies} if cookies else {}

    def with_token(self, token: str) -> dict[str, str]:
        """The header that shows a token, as the app wants it."""
        if self._way is None:
            self._way = self._find_way(token)
        header, prefix = self._way
        return {header: f"{prefix}{token}"}

    def _find_way(self, token: str) -> tuple[str, str]:
        """The header's name, and what stands before the token: said by the document, or else tried."""
        in_headers = [each for each in self._schemes if each.get("type") == "apiKey" and each.get("in") == "header"]
        header = str(in_headers[0]["name"]).title() if in_headers else "Authorization"
        route = next((each for each in self.document.reads if each.is_protected), None)
        if not in_headers or route is None:
            return header, PREFIXES[0] if header == "Authorization" else ""
        for prefix in PREFIXES if header == "Authorization" else ("",):
            if self.send(route, headers={header: f"{prefix}{token}"}).is_success:
                return header, prefix
        return header, PREFIXES[0]
