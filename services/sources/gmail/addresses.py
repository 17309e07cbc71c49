"""Mailboxes out of address fields, as people and machines write them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.sources.gmail.characters import clean_line
from services.sources.gmail.headers import decode_words
from services.sources.records import Address

NAME_LIMIT = 200
EMAIL_LIMIT = 320
_PIECES = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|<[^<>]*>|[()<>,;:"\\]|[^()<>,;:"\\]+', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")
_COMMENT = re.compile(r"\([^()]*\)")
_PREFIX = re.compile(r"^(?:mailto:|@[^:]*:)", re.IGNORECASE)
_BLANK_BY_AT = re.compile(r"\s*@\s*")
_BLANK_BY_DOT = re.compile(r"(@[^\s@]*)(?:\s+\.\s*|\.\s+)")
"""RFC 822 allowed blanks inside addresses, and old mail has them."""


def read_addresses(value: str) -> tuple[Address, ...]:
    """The mailboxes of an address field's value (RFC 2047 not yet decoded), groups dissolved.

    A comma inside a name that lost its quotes does not divide it, an address without angle brackets is
    found among the words before it, a mailbox without an address is left out.
    """
    found = tuple(_merged(_mailboxes(value)))
    if not found and "=?" in value:  # some encode the whole field, address and all
        found = tuple(_merged(_mailboxes(decode_words(value))))
    return found


def _merged(mailboxes: Iterator[tuple[str, str, str]]) -> Iterator[Address]:
    """Mailboxes as addresses; words without an address belong to the name that follows."""
    loose = ""
    for words, angle, comment in mailboxes:
        if not angle and "@" not in words:
            loose += f"{words}, " if words else ""
            continue
        address = _address(loose + words, angle, comment) if angle else _bare_address(words, comment)
        loose = ""
        if address.email:
            yield address


def _address(words: str, angle: str, comment: str) -> Address:
    return Address(_name(words) or _name(comment), _email(angle))


def _name(words: str) -> str:
    """The name as it is shown; empty when its bytes were lost, then the address says more."""
    name = clean_line(_unquoted(decode_words(words)), NAME_LIMIT)
    return "" if "\N{REPLACEMENT CHARACTER}" in name else name


def _bare_address(words: str, comment: str) -> Address:
    """An address without angle brackets: the first word with an @, the others are the name."""
    joined = _BLANK_BY_DOT.sub(r"\1.", _BLANK_BY_AT.sub("@", words))
    email = next(word for word in joined.split() if "@" in word)
    return _address(" ".join(word for word in joined.split() if "@" not in word), email, comment)


def _email(angle: str) -> str:
    """Lower case, without source route, comments and blanks; empty when it can be no address."""
    plain = clean_line(decode_words(_COMMENT.sub("", angle)), EMAIL_LIMIT).replace(" ", "")
    plain = _PREFIX.sub("", plain).strip("<>'\"").lower()
    return "" if plain.startswith("@") or ":@" in plain else plain


def _unquoted(name: str) -> str:
    bare = name.strip()
    for mark in ('"', "'"):
        if len(bare) > 1 and bare[0] == bare[-1] == mark:
            bare = bare[1:-1].strip()
    return _ESCAPED.sub(r"\1", bare).strip('"')


def _mailboxes(value: str) -> Iterator[tuple[str, str, str]]:
    """Words, angle-bracketed address and comment of each element of the list."""
    words, angle, comment, depth = "", "", "", 0
    bare = _ESCAPED.sub("", value)
    has_comments = bare.count("(") == bare.count(")")
    for piece in _PIECES.findall(value):
        if depth or (has_comments and piece in "()"):
            depth = max(depth + (piece == "(") - (piece == ")"), 0)
            comment += piece if piece not in "()" else ""
        elif piece in ",;":
            yield words.strip(), angle, comment.strip()
            words, angle, comment = "", "", ""
        elif piece == ":" and not angle:  # the name of a group ends here
            words, comment = "", ""
        elif piece[0] == "<" and len(piece) > 1:
            angle = angle or piece[1:-1]
        elif piece != ">":
            words += piece
    yield words.strip(), angle, comment.strip()
