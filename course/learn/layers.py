"""Which way a layered stage may import: the contracts that import-linter holds the course to, asked of a workspace."""

import ast
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.learn.causes.evidence import Place, parsed
from course.machine.material.workspace import read_source
from course.paths import ROOT


@dataclass(frozen=True)
class Breach:
    """An import that a contract forbids."""

    place: Place
    module: str
    imported: str
    contract: str


def breach(folder: Path, but_not_in: Collection[str] = ()) -> Breach | None:
    """The first import of an app that breaks a contract, some files left aside. Every file can be read by Python."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    imports = {module: list(_imports(path, module)) for path, module in _modules(folder, settings["root_package"])}
    for contract in settings["contracts"]:
        for module, named in imports.items():
            for place, imported in named:
                if place.file.relative_to(folder).as_posix() in but_not_in:
                    continue
                if f"{module} -> {imported.partition('.')[0]}" not in contract.get("ignore_imports", ()) and any(
                    _forbids(contract, module, each) for each in _reached(imported, imports, contract)
                ):
                    return Breach(place, module, imported, contract["name"])
    return None


def _modules(folder: Path, package: str) -> Iterator[tuple[Path, str]]:
    for path in sorted((folder / package).rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        yield path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path, module: str) -> Iterator[tuple[Place, str]]:
    for node in ast.walk(parsed(read_source(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Place(path, node.lineno), alias.name
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".") if path.stem == "__init__" else module.split(".")[:-1]
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            source = ".".join(part for part in (base, node.module) if part)
            for alias in node.names:
                yield Place(path, node.lineno), f"{source}.{alias.name}"


def _reached(imported: str, imports: dict[str, list[tuple[Place, str]]], contract: dict[str, Any]) -> set[str]:
    """What comes along with an import: itself, and (if the contract minds) all that it imports in its turn."""
    reached, waiting = set(), [imported]
    while waiting:
        name = waiting.pop()
        reached.add(name)
        if contract["type"] == "layers" or contract.get("allow_indirect_imports"):
            continue
        module = name if name in imports else name.rpartition(".")[0]
        waiting += [further for _, further in imports.get(module, ()) if further not in reached]
    return reached


def _forbids(contract: dict[str, Any], module: str, imported: str) -> bool:
    if contract["type"] == "layers":
        ranks = [_rank(name, contract["layers"]) for name in (module, imported)]
        return None not in ranks and ranks[1] < ranks[0]  # type: ignore[operator]
    sources, forbidden = contract["source_modules"], contract["forbidden_modules"]
    return _rank(module, sources) is not None and _rank(imported, forbidden) is not None


def _rank(module: str, layers: list[str]) -> int | None:
    return next((rank for rank, layer in enumerate(layers) if f"{module}.".startswith(f"{layer}.")), None)
