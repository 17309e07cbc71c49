"""Nothing of the libraries beneath can leave the module that calls them."""

from __future__ import annotations

import http.client
import socket
import ssl
from types import ModuleType

import httplib2.decode
import httplib2.error
import pytest

from services.sources.google_http import NETWORK_ERRORS, UNPACKING_ERRORS

MODULES = [httplib2.error, httplib2.decode, http.client, ssl, socket]


def raised_by(module: ModuleType) -> list[type[Exception]]:
    named = [getattr(module, name) for name in dir(module) if not name.startswith("_")]
    return [kind for kind in named if isinstance(kind, type) and issubclass(kind, Exception)]


@pytest.mark.parametrize("module", MODULES, ids=[module.__name__ for module in MODULES])
def test_every_exception_of_a_layer_beneath_is_taken(module: ModuleType) -> None:
    kinds = raised_by(module)
    assert kinds
    assert [kind for kind in kinds if not issubclass(kind, NETWORK_ERRORS + UNPACKING_ERRORS)] == []
