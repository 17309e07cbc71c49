"""What lies in the mailboxes of those who write English."""

from __future__ import annotations

from sandbox.cast.letters import Letter, address
from sandbox.world import Person


def english_mail(person: Person) -> list[Letter]:
    """One person's mail, in no order."""
    me = address(person)
    return [
        Letter(
            "welcome",
            ("Ana Marsh", "ana@harbor.example"),
            (me,),
            "Numbers for Thursday",
            "Hi,\n\ncan you send me the numbers before Thursday?\n\nAna",
            2,
        ),
    ]
