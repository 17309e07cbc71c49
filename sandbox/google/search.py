"""Gmail's search language: `from:kim (quote OR contract) -category:promotions after:2026/11/01`.

A query is compiled into a function over messages. Juxtaposition means and, OR binds tighter, braces are an
or-group, a minus denies, operators apply to a word, a phrase or a group. Nothing is a syntax error: what is
not understood is searched for as text, as in Gmail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sandbox.google.search_terms import Context, Matches, term, text_term

_TOKEN = re.compile(r'\s+|"(?P<phrase>[^"]*)"?|(?P<bracket>[(){}])|(?P<word>[^\s(){}"]+)')
_EVERYWHERE = re.compile(r'(?<![-\w])(in|is|label):"?(spam|trash|anywhere)\b', re.I)
_DEPTH_LIMIT = 40


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled query. `everywhere`: it names spam, trash or everything, so these are not left out."""

    matches: Matches
    everywhere: bool


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    glued: bool  # no white space before it


def compile_query(q: str, context: Context) -> Query:
    """Make a function of a query; `context` says whose mailbox it is and what time."""
    return Query(_Parser(q, context).parse(), _EVERYWHERE.search(q) is not None)


def _tokens(q: str) -> Iterator[_Token]:
    glued = False
    for match in _TOKEN.finditer(q):
        kind = match.lastgroup
        if kind is None:
            glued = False
            continue
        yield _Token(kind, match[kind], glued)
        glued = True


def _all(parts: list[Matches]) -> Matches:
    if len(parts) == 1:
        return parts[0]
    return lambda message: all(part(message) for part in parts)


def _any(parts: list[Matches]) -> Matches:
    if len(parts) == 1:
        return parts[0]
    return lambda message: any(part(message) for part in parts)


def _not(part: Matches) -> Matches:
    return lambda message: not part(message)


class _Parser:
    """Recursive descent over the tokens; `make` turns a word or phrase into a term at each place."""

    def __init__(self, q: str, context: Context) -> None:
        self.tokens = list(_tokens(q))
        self.position = 0
        self.context = context
        self.depth = 0

    def parse(self) -> Matches:
        parts = []
        while self.position < len(self.tokens):
            if self._peek_bracket(")}"):  # a closing bracket nobody opened
                self.position += 1
                continue
            parts.append(self._sequence(self._free_text))
        return _all(parts)

    def _free_text(self, text: str) -> Matches:
        return text_term(text)

    def _sequence(self, make: Callable[[str], Matches], *, either: bool = False) -> Matches:
        parts: list[Matches] = []
        joined = False
        while self.position < len(self.tokens) and not self._peek_bracket(")}"):
            if self._word_is("OR") or self._word_is("|"):
                self.position += 1
                joined = bool(parts)
            elif self._word_is("AND"):
                self.position += 1
            else:
                part = self._one(make)
                parts[-1:] = [_any([parts[-1], part])] if joined else [*parts[-1:], part]
                joined = False
        return _any(parts) if either and parts else _all(parts)

    def _one(self, make: Callable[[str], Matches]) -> Matches:
        token = self.tokens[self.position]
        self.position += 1
        if self.depth >= _DEPTH_LIMIT:  # deeper than anybody types: the rest is read as text
            return make(token.text)
        self.depth += 1
        part = self._part(token, make)
        self.depth -= 1
        return part

    def _part(self, token: _Token, make: Callable[[str], Matches]) -> Matches:
        if token.kind == "bracket":
            return self._group(token.text, make)
        if token.kind == "phrase":
            return make(token.text)
        if token.text == "-" and self._glued_next():
            return _not(self._one(make))
        if token.text.startswith("-") and len(token.text) > 1:
            return _not(self._word(token.text[1:], make))
        return self._word(token.text.removeprefix("+"), make)

    def _word(self, text: str, make: Callable[[str], Matches]) -> Matches:
        name, colon, value = text.partition(":")
        if not colon:
            return make(text)
        if value:
            return term(name, value, self.context) or make(text)
        if not self._glued_next():
            return make(text)
        return self._one(lambda inner: term(name, inner, self.context) or make(f"{name} {inner}"))

    def _group(self, bracket: str, make: Callable[[str], Matches]) -> Matches:
        inner = self._sequence(make, either=bracket == "{")
        if self.position < len(self.tokens):
            self.position += 1
        return inner

    def _peek_bracket(self, which: str) -> bool:
        token = self.tokens[self.position]
        return token.kind == "bracket" and token.text in which

    def _word_is(self, text: str) -> bool:
        token = self.tokens[self.position]
        return token.kind == "word" and token.text == text

    def _glued_next(self) -> bool:
        return self.position < len(self.tokens) and self.tokens[self.position].glued
