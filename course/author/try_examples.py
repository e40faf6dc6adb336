"""The examples of a stage's tasks, tried: the proof of the steps puts this file among a copy's tests."""

import ast
import asyncio
import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = json.loads(Path(__file__).with_name("examples.json").read_text(encoding="utf-8"))
CALLS = [example for example in EXAMPLES if "module" in example]
REQUESTS = [example for example in EXAMPLES if "module" not in example]


def name(example: dict[str, str]) -> str:
    return f"{example['step']}: {example['call']}"


@pytest.mark.parametrize("example", CALLS, ids=name)
def test_call(example: dict[str, str]) -> None:
    names = vars(importlib.import_module(example["module"]))
    code = compile(example["call"], "<example>", "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    try:
        value = eval(code, dict(names))  # noqa: S307 - what the step's data says
        seen = [repr(asyncio.run(value) if inspect.iscoroutine(value) else value)]
    except Exception as error:
        seen = [f"raises {kind.__name__}" for kind in type(error).__mro__]
    assert example["result"] in seen, f"it is {seen[0]}"


@pytest.mark.parametrize("example", REQUESTS, ids=name)
async def test_request(client: Any, example: dict[str, str]) -> None:
    method, path, *body = example["call"].split(" ", 2)
    status, *shown = example["result"].split(" ", 1)
    answer = await client.request(method, path, json=json.loads(body[0]) if body else None)
    seen = answer.json() if shown else None
    wanted = json.loads(shown[0]) if shown else None
    if isinstance(wanted, dict) and isinstance(seen, dict):  # an answer may hold more
        seen = {key: value for key, value in seen.items() if key in wanted}
    assert (str(answer.status_code), seen) == (status, wanted)
