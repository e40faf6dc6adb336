"""An app's OpenAPI document, read as a client reads it: what may be asked, and what a good request looks like."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
PASSWORD = re.compile(r"pass(?:word|wd|phrase|code)|^pwd$", re.IGNORECASE)
NAME = re.compile(r"user|login|nick|handle|slug|code", re.IGNORECASE)  # of which many apps take no space
EMAIL = re.compile(r"e-?mail", re.IGNORECASE)
REGISTERS = re.compile(r"regist|sign-?_?up|join|(?:user|account|member)s?/?$", re.IGNORECASE)
LOGS_IN = re.compile(r"log-?_?in|sign-?_?in|token|session|authenticate|auth/?$", re.IGNORECASE)
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
DEPTH_MAX = 6  # of schemas inside schemas: some have no end
FORMATS = {
    "date-time": "2026-01-02T03:04:05Z",
    "date": "2026-01-02",
    "time": "03:04:05",
    "uuid": "3f2b8c1e-5d47-4a0b-9c86-1f0e2d3c4b5a",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "duration": "P1D",
}
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
    def body(self) -> Schema | None:
        """The schema of what it takes, if that is an object."""
        media = self._content.get(JSON) or self._content.get(FORM)
        schema = self.document.resolve((media or {}).get("schema", {}))
        return schema if schema.get("properties") else None

    @cached_property
    def fields(self) -> dict[str, Schema]:
        """The fields of what it takes, each with its schema."""
        properties: Schema = (self.body or {}).get("properties", {})
        return {name: self.document.plain(schema) for name, schema in properties.items()}

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
    def answer(self) -> Schema:
        """The schema of a good answer; empty if the document has none."""
        for status, response in self.spec.get("responses", {}).items():
            if status.startswith("2"):
                content = self.document.resolve(response).get("content", {})
                return self.document.resolve(content.get(JSON, {}).get("schema", {}))
        return {}

    def field(self, pattern: re.Pattern[str]) -> str | None:
        """The name of its first field that fits."""
        return next((name for name in self.fields if pattern.search(name)), None)

    def path_with(self, values: Mapping[str, object]) -> str:
        return PARAMETER.sub(lambda found: str(values[found[1]]), self.path)


class Document:
    """All that an app says of itself."""

    def __init__(self, raw: Schema) -> None:
        self.raw = raw
        self.operations = [
            Operation(method, path, spec, self)
            for path, methods in raw.get("paths", {}).items()
            for method, spec in methods.items()
            if method in METHODS
        ]

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

    def sample(self, operation: Operation, known: Mapping[str, object] = {}, *, whole: bool = False) -> Schema:
        """A body that should be taken: the fields that it must have, or all of them. Texts are new each time.

        `known` says what some fields hold, such as the id of another row.
        """
        wanted = set(operation.fields) if whole else set((operation.body or {}).get("required", []))
        wanted |= set(known) & set(operation.fields)
        return {
            name: known.get(name, self.value(name, schema))
            for name, schema in operation.fields.items()
            if name in wanted
        }

    def value(self, name: str, schema: Schema, depth: int = 0) -> Any:
        """A value that fits a schema, as a person would write it."""
        schema = self.plain(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        match schema.get("type"):
            case "integer" | "number" as kind:
                return _number(schema, whole=kind == "integer")
            case "boolean":
                return True
            case "array":
                count = schema.get("minItems", 0) if depth < DEPTH_MAX else 0
                return [self.value(name, schema.get("items", {}), depth + 1) for _ in range(count)]
            case "object" if depth < DEPTH_MAX:
                required = schema.get("required", [])
                inside = {key: each for key, each in schema.get("properties", {}).items() if key in required}
                return {key: self.value(key, each, depth + 1) for key, each in inside.items()}
            case "object":
                return {}
        return _text(name, schema)


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
