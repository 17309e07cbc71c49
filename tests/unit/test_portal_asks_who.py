"""Nothing in the portal acts for somebody without asking who is signed in by then: read in its code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Callbacks that touch nothing but what this browser has typed.
HARMLESS = {"portal/components/import_upload.py _forget"}


def scripts() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("pages", "portal"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def _calls(node: ast.AST) -> list[str]:
    """The names called in a piece of code, in their order."""
    found = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
    return [ast.unparse(call.func) for call in sorted(found, key=lambda call: (call.lineno, call.col_offset))]


def _asks(function: ast.FunctionDef) -> bool:
    """Whether a function is for whoever is signed in when it runs."""
    body = ast.Module(body=list(function.body), type_ignores=[])
    decorated = [ast.unparse(one) for one in function.decorator_list]
    return any(one.startswith("action(") for one in decorated) or _calls(body)[:1] == ["session.require"]


def test_every_page_asks_who_it_is_before_anything_else() -> None:
    for name, tree in scripts():
        if name.startswith("pages/"):
            assert _calls(tree)[0] == "session.require", name


def test_every_fragment_asks_again_who_it_is() -> None:
    fragments = [
        (name, node)
        for name, tree in scripts()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any("fragment" in ast.unparse(one) for one in node.decorator_list)
    ]
    assert fragments
    for name, node in fragments:
        assert _asks(node), (name, node.name)


def test_every_click_is_for_whoever_is_signed_in_by_then() -> None:
    clicks = 0
    for name, tree in scripts():
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            for keyword in call.keywords:
                if keyword.arg not in {"on_click", "on_change"} or isinstance(keyword.value, ast.Constant):
                    continue
                callback = ast.unparse(keyword.value)
                clicks += 1
                assert f"{name} {callback}" in HARMLESS or _asks(functions[callback]), (name, callback)
    assert clicks


def test_every_download_is_for_whoever_is_signed_in_by_then() -> None:
    for name, tree in scripts():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("download_button"):
                data = [keyword.value for keyword in call.keywords if keyword.arg == "data"] or [call.args[1]]
                assert isinstance(data[0], ast.Lambda), (
                    name,
                    "made when it is clicked, not when it is drawn",
                )
                assert "session.again" in _calls(data[0]), name
