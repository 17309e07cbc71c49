"""auth.test and users.*: who is there."""

from __future__ import annotations

from sandbox.slack.call import Call, Method, Refusal
from sandbox.slack.limits import TIER_2, TIER_3, TIER_4, Rate
from sandbox.slack.paging import page
from sandbox.slack.state import Json
from sandbox.slack.wire import bot_user_json, user_json


def auth_test(call: Call) -> Json:
    space = call.workspace
    return {
        "url": f"{space.world.base_url}/slack/",
        "team": space.team_name,
        "user": space.bot_name.lower(),
        "team_id": space.team_id,
        "user_id": space.bot_user_id,
        "bot_id": space.bot_id,
        "is_enterprise_install": False,
    }


def users_info(call: Call) -> Json:
    user, space = call.text("user"), call.workspace
    if user == space.bot_user_id:
        return {"user": bot_user_json(space)}
    person = space.world.by_slack_id(user)
    if person is None:
        raise Refusal("user_not_found")
    return {"user": user_json(space, person, call.now, locale=call.flag("include_locale"))}


def users_list(call: Call) -> Json:
    space, locale = call.workspace, call.flag("include_locale")
    members = [user_json(space, person, call.now, locale=locale) for person in space.members()]
    everybody = [*members, bot_user_json(space)]
    shown, metadata = page(everybody, call, key=lambda user: str(user["id"]), default=1000, high=1000)
    return {"members": shown, "cache_ts": int(call.now.timestamp()), "response_metadata": metadata}


def users_lookup_by_email(call: Call) -> Json:
    space = call.workspace
    person = space.world.by_slack_email(call.text("email"))
    if person is None or person.slack_user_id in space.deactivated:
        raise Refusal("users_not_found")
    return {"user": user_json(space, person, call.now)}


METHODS = {
    "auth.test": Method(auth_test, rate=Rate(600, 100)),
    "users.info": Method(users_info, ("users:read",), TIER_4),
    "users.list": Method(users_list, ("users:read",), TIER_2),
    "users.lookupByEmail": Method(users_lookup_by_email, ("users:read.email",), TIER_3),
}
