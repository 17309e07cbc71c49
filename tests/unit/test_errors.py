"""The tree of errors at the top of services/errors.py is the whole tree."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import services
from services import errors
from services.errors import PortalError


def test_every_error_is_named_in_the_tree() -> None:
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if ".migrations." not in module.name:  # these run inside Alembic only
            importlib.import_module(module.name)
    named = set((errors.__doc__ or "").replace("│", " ").replace("├──", " ").replace("└──", " ").split())
    assert {error.__name__ for error in _all(PortalError)} <= named


def _all(error: type[PortalError]) -> Iterator[type[PortalError]]:
    if error.__module__.startswith("services."):
        yield error
    for narrower in error.__subclasses__():
        yield from _all(narrower)
