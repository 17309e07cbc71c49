"""The methods of the Web API that this sandbox has, by name."""

from __future__ import annotations

from sandbox.slack import socket_mode
from sandbox.slack.call import Method
from sandbox.slack.methods import chat, conversations, users, views

METHODS: dict[str, Method] = (
    users.METHODS | conversations.METHODS | chat.METHODS | views.METHODS | socket_mode.METHODS
)
