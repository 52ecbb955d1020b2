"""A door's handlers, gathered from the modules of its folder: each lists its own in `ROUTES`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any


def routes_of(package: str) -> list[Any]:
    """Every handler that a module of `package` lists in ROUTES, modules in order of name."""
    found: list[Any] = []
    for module in sorted(info.name for info in iter_modules(import_module(package).__path__)):
        found += getattr(import_module(f"{package}.{module}"), "ROUTES", [])
    return found
