"""An app's OpenAPI document, read as a client reads it: what may be asked, and what a good request looks like."""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
PASSWORD = re.compile(r"pass(?:word|wd|phrase|code)|^pwd$", re.IGNORECASE)
NAME = re.compile(r"user|login|nick|handle|slug|code", re.IGNORECASE)  # of which many apps take no space
EMAIL = re.compile(r"e-?mail", re.IGNORECASE)
REGISTERS = re.compile(r"regist|sign-?_?up|join|(?:user|account|member)s?/?$", re.IGNORECASE)
USER_NAME = re.compile(r"^(?:user_?name|login|nick_?name|handle)$", re.IGNORECASE)
USERS = re.compile(r"(?:^|_)(?:user|account|member|customer|owner|author|person|profile)$")
REFERENCE = re.compile(r"(\w+?)_(?:ids?|uuids?|slug)")
LOGS_IN = re.compile(r"log-?_?in|sign-?_?in|token|session|authenticate|auth/?$", re.IGNORECASE)
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
DEPTH_MAX = 6  # of schemas inside schemas: some have no end
FORMATS = {
    "uuid": "3f2b8c1e-5d47-4a0b-9c86-1f0e2d3c4b5a",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "duration": "P1D",
}
# When something begins is in the future, and when it ends is later; what has been, has been.
ENDS = re.compile(r"(?:^|_)(?:ends?|finish\w*|until|to|till|check_?out|return\w*|due|closes?|expires?|deadline)(?:_|$)")
PAST = re.compile(r"(?:^|_)(?:birth\w*|born|joined|since|published|released?|founded|acquired|bought)(?:_|$)")
FIRST_DAY, DAYS_MAX = 2, 150  # from today: soon, since few take what is far away
FIRST_HOUR, HOURS = 8, 12  # of a day, in which people meet
TIMES = ("date-time", "date", "time")
ROOM = re.compile(r"capacity|seats|places|spots|stock|quantity|(?:^|_)max(?:imum)?_", re.IGNORECASE)
MUCH_ROOM = 200  # for all that is made under one row
YEAR = 2020
TEXTS = ("Review {}", "review-{}", "review{}", "{}", "9.99", "2026", "AB", "ab", "A", "1")  # for a pattern, one of them

Schema = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One thing that a client may ask for: a method on a path."""

    method: str
    path: str
    spec: Schema
    document: "Document"

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @cached_property
    def is_protected(self) -> bool:
        """Does the document say that it takes a token?"""
        if self.spec.get("security") == []:
            return False  # what holds for all others does not hold for this one
        wanted: list[Schema] = self.spec.get("security") or self.document.raw.get("security") or []
        return bool(wanted) and {} not in wanted

    @cached_property
    def _content(self) -> Schema:
        return dict(self.document.resolve(self.spec.get("requestBody", {})).get("content", {}))

    @property
    def is_form(self) -> bool:
        return FORM in self._content and JSON not in self._content

    @cached_property
    def _outside(self) -> Schema:
        media = self._content.get(JSON) or self._content.get(FORM)
        return self.document.resolve((media or {}).get("schema", {}))

    @cached_property
    def envelope(self) -> str:
        """The name of the one field that holds all others, as in {"user": {...}}; empty if there is none."""
        names = list(self._outside.get("properties", {}))
        inside = self.document.plain(self._outside["properties"][names[0]]) if len(names) == 1 else {}
        return str(names[0]) if inside.get("properties") else ""

    def wrapped(self, body: Any) -> Any:
        """A body as it is sent."""
        return {self.envelope: body} if self.envelope else body

    @cached_property
    def body(self) -> Schema | None:
        """The schema of what it takes, if that is an object; what is inside its envelope, if it has one."""
        schema = self._outside
        if self.envelope:
            schema = self.document.plain(schema["properties"][self.envelope])
        return schema if schema.get("properties") else None

    @cached_property
    def fields(self) -> dict[str, Schema]:
        """The fields of what it takes, each with its schema."""
        properties: Schema = (self.body or {}).get("properties", {})
        return {name: self.document.plain(schema) for name, schema in properties.items()}

    @cached_property
    def batch(self) -> tuple[str, Schema] | None:
        """The field that holds several things, with what is known of one; no name if the whole body is a list."""
        for name, schema in {"": self._outside, **self.fields}.items():
            one = self.document.plain(schema.get("items", {})) if schema.get("type") == "array" else {}
            if one.get("properties") or (one.get("type") == "string" and name and name not in self.references):
                return name, one
        return None

    @property
    def required(self) -> list[str]:
        return list((self.body or {}).get("required", []))

    @cached_property
    def references(self) -> dict[str, str]:
        """By the name of a field that holds another row's id, what that row is called; those inside others too."""
        return dict(self.document.references(self.body or {}))

    @property
    def collection(self) -> str:
        """What it is about: the last word of its path that stands in no braces."""
        return next((part for part in reversed(self.path.split("/")) if part and "{" not in part), "")

    def is_of(self, word: str) -> bool:
        """Is its collection named by this word, be it in the plural, or by the end of it?"""
        one, other = singular(self.collection), singular(word)
        return bool(one and other) and (one == other or other.endswith(f"_{one}") or one.endswith(f"_{other}"))

    @property
    def for_itself(self) -> bool:
        """Is it about whoever asks?"""
        return not self.parameters and self.collection in ("me", "user", "profile", "account", "self")

    @property
    def parameters(self) -> list[str]:
        """The names in braces in its path."""
        return PARAMETER.findall(self.path)

    @cached_property
    def query(self) -> dict[str, Schema]:
        """What may stand behind the question mark."""
        given = map(self.document.resolve, self.spec.get("parameters", []))
        return {each["name"]: self.document.plain(each.get("schema", {})) for each in given if each["in"] == "query"}

    @cached_property
    def answer(self) -> str:
        """The name of a good answer's schema; empty if the document has none."""
        for status, response in self.spec.get("responses", {}).items():
            if status.startswith("2"):
                content = self.document.resolve(response).get("content", {})
                return str(content.get(JSON, {}).get("schema", {}).get("$ref", ""))
        return ""

    def field(self, pattern: re.Pattern[str]) -> str | None:
        """The name of its first field that fits."""
        return next((name for name in self.fields if pattern.search(name)), None)

    def path_with(self, values: Mapping[str, object]) -> str:
        return PARAMETER.sub(lambda found: str(values[found[1]]), self.path)


class Document:
    """All that an app says of itself."""

    def __init__(self, raw: Schema) -> None:
        self.raw = raw
        self._turn = 0  # of the bodies: what one says of times does not meet what another says
        self.operations = [
            Operation(method, path, spec, self)
            for path, methods in raw.get("paths", {}).items()
            for method, spec in methods.items()
            if method in METHODS
        ]

    @cached_property
    def reads(self) -> list[Operation]:
        """What can be read without naming a row."""
        return [each for each in self.operations if each.method == "get" and not each.parameters]

    def resolve(self, schema: Schema) -> Schema:
        """What a reference stands for; the schemas of an `allOf` as one."""
        for _ in range(DEPTH_MAX):
            if "$ref" in schema:
                found: Any = self.raw
                for part in schema["$ref"].removeprefix("#/").split("/"):
                    found = found.get(part.replace("~1", "/").replace("~0", "~"), {})
                schema = found
            elif "allOf" in schema:
                parts = [self.resolve(each) for each in schema["allOf"]]
                rest = {name: value for name, value in schema.items() if name != "allOf"}
                properties = {name: each for part in parts for name, each in part.get("properties", {}).items()}
                required = [name for part in parts for name in part.get("required", [])]
                merged = {name: value for part in parts for name, value in part.items()}
                schema = merged | rest | ({"properties": properties, "required": required} if properties else {})
        return schema

    def plain(self, schema: Schema) -> Schema:
        """The schema without what may be null beside it: of several, the first."""
        schema = self.resolve(schema)
        for name in ("anyOf", "oneOf"):
            if choices := [self.resolve(each) for each in schema.get(name, [])]:
                # Of a number and a text, pydantic's way to write a Decimal, the text loses nothing.
                others = [each for each in choices if each.get("type") != "null"]
                chosen = next((each for each in others if "pattern" in each), (others or choices)[0])
                return {**{key: value for key, value in schema.items() if key != name}, **self.plain(chosen)}
        return schema

    def references(self, schema: Schema, inside: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
        """The fields of a schema that hold another row's id, and what that row is called."""
        for name, each in self.resolve(schema).get("properties", {}).items():
            plain = self.plain(each)
            plain = self.plain(plain["items"]) if plain.get("items") else plain
            full = f"{singular(inside)}_id" if name == "id" and inside else name
            if found := REFERENCE.fullmatch(snake(full)):
                yield full, found[1]
            elif plain.get("properties") and depth < DEPTH_MAX:
                yield from self.references(plain, name, depth + 1)

    def sample(self, operation: Operation, known: Mapping[str, object] = {}, *, whole: bool = False) -> Schema:
        """A body that should be taken: the fields that it must have, or all of them. Texts are new each time.

        `known` says what some fields hold, such as the id of another row: what it does not hold is left out.
        """
        self._turn += any(each.get("format") in TIMES for each in operation.fields.values())
        unknown = operation.references.keys() - known.keys()
        wanted = set(operation.fields) - unknown if whole else set()
        wanted |= set(operation.required) | set(known)
        body = {
            name: self.value(name, schema, known=known) for name, schema in operation.fields.items() if name in wanted
        }
        if not operation.references and not operation.parameters:  # room for all that is made under it
            for name in [each for each in body if ROOM.search(each) and type(body[each]) is int]:
                body[name] = _number({**operation.fields[name], "minimum": MUCH_ROOM}, whole=True)
        return body

    def value(self, name: str, schema: Schema, depth: int = 0, known: Mapping[str, object] = {}) -> Any:
        """A value that fits a schema, as a person would write it."""
        schema = self.plain(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        match schema.get("type"):
            case "array":
                items = self.plain(schema.get("items", {}))
                count = max(schema.get("minItems", 0), name in known or bool(items.get("properties")))
                return [self.value(name, items, depth + 1, known) for _ in range(count if depth < DEPTH_MAX else 0)]
            case "object":
                required = schema.get("required", []) if depth < DEPTH_MAX else []
                inside = {key: each for key, each in schema.get("properties", {}).items() if key in required}
                ids = {"id": known[key]} if (key := f"{singular(name)}_id") in known and "id" in inside else {}
                return {key: self.value(key, each, depth + 1, {**known, **ids}) for key, each in inside.items()}
        if name in known:
            return known[name]
        match schema.get("type"):
            case "integer" | "number" as kind:
                least = {"minimum": YEAR} if "year" in name and "minimum" not in schema else {}
                return _number(schema | least, whole=kind == "integer")
            case "boolean":
                return True
        if schema.get("format") in TIMES:
            return self._moment(snake(name), schema["format"])
        return _text(name, schema)

    def _moment(self, name: str, kind: str) -> str:
        """A time that a field's name fits: of those of one body, what ends is after what begins."""
        ends = bool(ENDS.search(name))
        days, hour = divmod(self._turn, HOURS) if kind == "date-time" else (2 * self._turn + ends, 0)
        day = datetime.now(UTC) + timedelta(days=FIRST_DAY + days % DAYS_MAX)
        day = datetime(1990, 1, 2, tzinfo=UTC) if PAST.search(name) else day
        time = f"{FIRST_HOUR + hour:02}:{45 * ends:02}:00"
        return {"date": f"{day:%Y-%m-%d}", "time": time}.get(kind, f"{day:%Y-%m-%d}T{time}Z")


def snake(name: str) -> str:
    """A name as Python writes it: roomId is room_id."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_")


def singular(word: str) -> str:
    """The word for one of what a word names: loan for loans, category for categories."""
    word = snake(word)
    for end, one in (("people", "person"), ("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x")):
        if word.endswith(end):
            return word.removesuffix(end) + one
    return word if word.endswith("ss") else word.removesuffix("s")


def _number(schema: Schema, *, whole: bool) -> float:
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    value = max(low, 1)
    if "maximum" in schema or "exclusiveMaximum" in schema:
        value = min(value, schema.get("maximum", schema.get("exclusiveMaximum", 0) - 1))
    if step := schema.get("multipleOf"):
        value = max(1, round(value / step)) * step
    return int(value) if whole else float(value)


def _text(name: str, schema: Schema) -> str:
    new = secrets.token_hex(4)
    if schema.get("format") == "email" or EMAIL.search(name):
        return f"review-{new}@example.com"
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    if PASSWORD.search(name):
        return f"Review-{new}-7!"
    examples = [each for each in (schema.get("example"), *schema.get("examples", [])) if isinstance(each, str)]
    if pattern := schema.get("pattern"):
        for each in (*(text.format(new) for text in TEXTS), *examples):
            if _matches(pattern, each) and _fits(each, schema):
                return each
        return examples[0] if examples else _from_pattern(pattern)
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    separator = "" if NAME.search(name) else " "
    text = f"review{separator}{new}" if longest >= len(new) + 7 else new
    return text.ljust(shortest, "x")[:longest]


def _fits(text: str, schema: Schema) -> bool:
    return bool(schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text)))


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:  # the document's are JavaScript's
        return False


def _from_pattern(pattern: str) -> str:
    """A text that hypothesis, which the review needs anyway, makes from a pattern."""
    import hypothesis
    from hypothesis import strategies

    try:
        return hypothesis.find(strategies.from_regex(pattern, fullmatch=True), lambda _: True)
    except (re.error, hypothesis.errors.HypothesisException):
        return "review"
