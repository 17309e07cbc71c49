"""Bringing in the tokens of the system before this one: files, or rows of its tables.

shapes → plan → writing: what a document holds, what would become of it, and doing so. Whose token it is
comes from `owners`; what nobody is known for waits in `token_imports` until an admin says whose it is.
"""

from services.tokens.importing.errors import ImportRefused
from services.tokens.importing.plan import Line, Plan, dry_run
from services.tokens.importing.waiting import Waiting, assign, assign_to_new_person, discard, waiting
from services.tokens.importing.writing import Outcome, carry_out

__all__ = [
    "ImportRefused",
    "Line",
    "Outcome",
    "Plan",
    "Waiting",
    "assign",
    "assign_to_new_person",
    "carry_out",
    "discard",
    "dry_run",
    "waiting",
]
