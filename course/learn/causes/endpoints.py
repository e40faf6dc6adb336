"""Endpoints: which requests a student's code answers, and with which statuses."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from course.learn.causes.evidence import FUNCTIONS, Failure, Found, Place, calls, code_of, nodes

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}


def answers(node: ast.AST, request: str, module: ast.Module) -> bool:
    """Is this the endpoint of a request, such as `GET /notes/7`, by its decorator and its router's prefix?"""
    method, _, path = request.partition(" ")
    return any(verb == method and re.fullmatch(_pattern(route), path) for verb, route in routes(node, module))


def _pattern(route: str) -> str:
    return re.sub(r"\\\{[^/]*\\\}", "[^/]+", re.escape(route))


def routes(node: ast.AST, module: ast.Module) -> list[tuple[str, str]]:
    """The methods and paths of an endpoint, by its decorators and its router's prefix: `GET` and `/notes/{note_id}`."""
    prefixes = [word.value for call in calls(module) for word in call.keywords if word.arg == "prefix"]
    texts = [each.value for each in prefixes if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return [(verb, f"{next(iter(texts), '')}{route}") for verb, route in _decorated(node) if route is not None]


def _decorated(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    """The methods and paths of its decorators; None for a path that is no plain text."""
    for decorator in getattr(node, "decorator_list", ()):
        match decorator:
            case ast.Call(func=ast.Attribute(attr=verb)) if verb.upper() in METHODS:
                paths = [*decorator.args[:1], *(word.value for word in decorator.keywords if word.arg == "path")]
                texts = [each.value for each in paths if isinstance(each, ast.Constant) and isinstance(each.value, str)]
                yield verb.upper(), next(iter(texts), None)


def status_of_route(failure: Failure) -> Found | None:
    """Where a good answer's wrong status stands; the framework's own 200 means that the decorator names none."""
    match = re.search(r"status_code` was (\d{3})", failure.text)
    return (match and _status(failure, match[1])) or Found(None)


def status_of_error(failure: Failure) -> Found | None:
    """Where an error's wrong status stands; one that the framework gives stands nowhere."""
    match = re.search(r"status_code` was (\d{3})", failure.text)
    return _status(failure, match[1]) if match else None


def _status(failure: Failure, status: str) -> Found | None:
    for written in failure.written:
        if isinstance(written.node, ast.Module):
            continue  # its functions come one by one, and only those that ran
        for each in nodes(written.node, ast.Constant, ast.Attribute):
            text = ast.unparse(each)
            if text == status or f".HTTP_{status}_" in text:
                return Found(written.at(each))
    return None


def other_route(failure: Failure) -> Found | None:
    """An endpoint of the right name at another path, or of another method, than the test asks for."""
    for file, module, finished in _modules(failure):
        by_name = {each.name: each for each in nodes(module, *FUNCTIONS)}
        for each in _asked_endpoints(failure, finished):
            mine = by_name.get(each.name)
            own = routes(mine, module) if mine else []
            right = routes(each, finished)
            if mine and own and not set(own) & set(right):
                place = Place(file, mine.decorator_list[0].lineno, mine.name)
                return Found(place, {"name": each.name, "mine": " ".join(own[0]), "right": " ".join(right[0])})
    return None


def no_route(failure: Failure) -> Found | None:
    """An endpoint that the test asks for, and that no function of the student's is."""
    for file, module, finished in _modules(failure):
        unread = any(path is None for each in nodes(module, *FUNCTIONS) for _, path in _decorated(each))
        if unread or re.search("add_api_route|include_router", ast.unparse(module)):
            continue  # it may be there, in another way
        own = [route for each in nodes(module, *FUNCTIONS) for route in routes(each, module)]
        for each in _asked_endpoints(failure, finished):
            right = routes(each, finished)
            if not {(verb, _pattern(path)) for verb, path in own} & {(verb, _pattern(path)) for verb, path in right}:
                routers = [one for one in nodes(module, ast.Assign) if "APIRouter(" in ast.unparse(one)]
                place = Place(file, routers[-1].lineno) if routers else None
                return Found(place, {"right": " ".join(right[0])})
    return None


def no_next_page(failure: Failure) -> Found | None:
    """An endpoint that makes no use of what its page says of the next one, where the test reads page by page."""
    if "status_code" in failure.text or not re.search(r"\b(pages_of|next_cursor|link)\b", failure.test):
        return None
    for written in failure.written:
        if not isinstance(written.node, FUNCTIONS) or not failure.has_run(written, written.node):
            continue
        mine, finished = code_of(written.node), code_of(written.finished)
        if "page_of(" in finished and not re.search("page_of|next_position", mine):
            return Found(written.at(written.node))
    return None


def _modules(failure: Failure) -> Iterator[tuple[Path, ast.Module, ast.Module]]:
    """The files that a step asks for as a whole: the student's, and the finished one."""
    for each in failure.written:
        if isinstance(each.node, ast.Module) and isinstance(each.finished, ast.Module):
            yield each.file, each.node, each.finished


def _asked_endpoints(failure: Failure, finished: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The finished endpoints that are asked for in vain: by a request that nobody answers, the docs, or `url_for`."""
    endpoints = [each for each in nodes(finished, *FUNCTIONS) if routes(each, finished)]
    if key := re.match(r"KeyError: '(/.*|get|post|put|patch|delete)'$", failure.text):
        return [
            each for each in endpoints if any(key[1] in (path, verb.lower()) for verb, path in routes(each, finished))
        ]
    if name := re.search(r'^(?:\w+\.)*NoMatchFound: No route exists for name "(\w+)"', failure.text, re.MULTILINE):
        return [each for each in endpoints if each.name == name[1]]
    answer = failure.facts.get("answer") or {}
    if answer.get("status") in (404, 405, 422) and re.search("status_code` was 4", failure.text):
        return [each for each in endpoints if answers(each, answer["request"], finished)]
    return []
