"""People: how they come to be known and sign in, who is an admin, and how they leave.

`python -m services.people promote EMAIL` makes the first admin.
"""

from services.access import Actor
from services.people.deletion import delete_person
from services.people.directory import (
    Person,
    PersonRefused,
    list_people,
    map_to_slack,
    promote,
    set_active,
    set_role,
    unmap_from_slack,
)
from services.people.registry import NewPerson, UnknownPerson, by_any_id, by_slack_user_id, register
from services.people.sign_in import (
    SignInClaims,
    sign_in,
    sign_out,
    sign_out_everywhere,
    still_signed_in,
)

__all__ = [
    "Actor",
    "NewPerson",
    "Person",
    "PersonRefused",
    "SignInClaims",
    "UnknownPerson",
    "by_any_id",
    "by_slack_user_id",
    "delete_person",
    "list_people",
    "map_to_slack",
    "promote",
    "register",
    "set_active",
    "set_role",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "still_signed_in",
    "unmap_from_slack",
]
