"""`python -m services.tokens.importing PATH|DATABASE_URL`: what would be imported; `--apply` does it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from wcwidth import wcswidth

from services.access import Actor
from services.errors import PortalError
from services.i18n import Translator, translator
from services.runtime import Runtime, open_runtime
from services.settings import load_settings
from services.tokens.importing.documents import Found, in_folder
from services.tokens.importing.errors import ImportRefused
from services.tokens.importing.old_database import in_database
from services.tokens.importing.plan import Line, Plan, dry_run
from services.tokens.importing.words import (
    notes_in_words,
    owner_in_words,
    problem_in_words,
    refusal_in_words,
    scope_names,
    verdict_in_words,
)
from services.tokens.importing.writing import carry_out

OPERATOR = Actor("system:import", is_admin=True)
DATABASES = ("postgresql://", "postgres://", "postgresql+psycopg://")
GAP = "  "


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0 when there is nothing wrong, 1 with a sentence when there is."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings(need=("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"))
        t = translator(os.environ.get("LANG", ""), default=settings.default_locale)
        try:
            with open_runtime(settings) as runtime:
                return _run(runtime, options, t)
        except ImportRefused as exc:
            sys.stderr.write(f"{refusal_in_words(exc, t)}\n")
    except PortalError as exc:
        sys.stderr.write(f"{exc}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services.tokens.importing",
        description="Brings in the tokens of the system before this one. Without --apply nothing is written.",
    )
    parser.add_argument(
        "source",
        metavar="PATH|DATABASE_URL",
        help="a token file, a folder of them, or the address of a database with gmail_tokens or gmail_token",
    )
    parser.add_argument("--apply", action="store_true", help="do it")
    parser.add_argument(
        "--new-people",
        action="store_true",
        help="make unknown owners people here, under their old ids; without it their tokens wait",
    )
    parser.add_argument("--replace-working", action="store_true", help="replace connections that work, too")
    return parser


def _run(runtime: Runtime, options: argparse.Namespace, t: Translator) -> int:
    plan = dry_run(
        runtime,
        _read(options.source, runtime.settings.google_token_uri),
        OPERATOR,
        replace=options.replace_working,
        new_people=options.new_people,
    )
    for line in _table(plan, t):
        _say(line)
    _say("")
    if not options.apply:
        _say(
            t.ngettext(
                "Nothing has been written. With --apply {n} token would be.",
                "Nothing has been written. With --apply {n} tokens would be.",
                plan.acting,
            )
        )
        return 0
    return _apply(runtime, plan, t)


def _apply(runtime: Runtime, plan: Plan, t: Translator) -> int:
    outcome = carry_out(runtime, plan, OPERATOR)
    _say(t.ngettext("{n} token was imported.", "{n} tokens were imported.", outcome.imported))
    if outcome.parked:
        _say(
            t.ngettext(
                "{n} token waits until an admin says under “Import” whose it is.",
                "{n} tokens wait until an admin says under “Import” whose they are.",
                outcome.parked,
            )
        )
    for source, problem in outcome.problems:
        _say(f"{source}: {problem_in_words(problem, t)}")
    return 1 if outcome.problems else 0


def _read(source: str, token_uri: str) -> list[Found]:
    now = datetime.now(UTC)
    if source.startswith(DATABASES):
        return in_database(source, token_uri=token_uri, now=now)
    return in_folder(Path(source), token_uri=token_uri, now=now)


def _table(plan: Plan, t: Translator) -> list[str]:
    """Columns as wide as what is in them; permissions and remarks of each under its row."""
    heads = [
        t.gettext("File"),
        t.gettext("Owner"),
        t.gettext("Can read"),
        t.gettext("Can send"),
        t.gettext("Renewable"),
        t.gettext("What happens"),
    ]
    rows = [_cells(line, t) for line in plan.lines]
    widths = [max(map(_width, column)) for column in zip(heads, *rows, strict=True)]
    shown = [_row(heads, widths)]
    for line, row in zip(plan.lines, rows, strict=True):
        shown += [_row(row, widths), *(f"    {text}" for text in _remarks(line, t))]
    return shown


def _cells(line: Line, t: Translator) -> list[str]:
    def answer(holds: bool) -> str:
        return "–" if line.found.token is None else t.gettext("yes") if holds else t.gettext("no")

    return [
        line.found.source,
        owner_in_words(line.owner, t) or "?",
        answer(line.can_read),
        answer(line.can_send),
        answer(line.refreshable),
        verdict_in_words(line, t),
    ]


def _remarks(line: Line, t: Translator) -> list[str]:
    scopes = ", ".join(scope_names(line.found.token.scopes)) if line.found.token is not None else ""
    return [text for text in (scopes, notes_in_words(line, t)) if text]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True))
    return GAP.join(padded).rstrip()


def _width(text: str) -> int:
    return max(wcswidth(text), 0)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
