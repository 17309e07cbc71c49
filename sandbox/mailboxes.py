"""Mailboxes: messages with Gmail's labels, threads and history, newest first."""

from __future__ import annotations

import hashlib
from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

SYSTEM_LABELS = (
    "CHAT",
    "SENT",
    "INBOX",
    "IMPORTANT",
    "TRASH",
    "DRAFT",
    "SPAM",
    "CATEGORY_FORUMS",
    "CATEGORY_UPDATES",
    "CATEGORY_PERSONAL",
    "CATEGORY_PROMOTIONS",
    "CATEGORY_SOCIAL",
    "STARRED",
    "UNREAD",
)
FIRST_HISTORY_ID = 1000


@dataclass(slots=True, eq=False)
class Message:
    """One message. `read` gives its RFC 5322 bytes, from memory or from the file it was loaded from.

    `kept` holds what was worked out of those bytes (rendered JSON, words to search), by name.
    """

    id: str
    thread_id: str
    labels: frozenset[str]
    internal_date: datetime
    read: Callable[[], bytes]
    history_id: int = 0
    kept: dict[str, object] = field(default_factory=dict, repr=False)


@dataclass(slots=True)
class Mailbox:
    """One person's mail. `user_labels` maps a label's id to its name."""

    owner: str
    user_labels: dict[str, str] = field(default_factory=dict)
    history_id: int = FIRST_HISTORY_ID
    _messages: dict[str, Message] = field(default_factory=dict)
    _newest_first: list[Message] = field(default_factory=list)
    _threads: dict[str, list[Message]] = field(default_factory=dict)
    _thread_of_reference: dict[str, str] = field(default_factory=dict)

    def add(self, message: Message) -> None:
        """Take a message in, under an id that is free."""
        self.history_id += 1
        message.history_id = self.history_id
        self._messages[message.id] = message
        insort(self._newest_first, message, key=_newest_first)
        insort(self._threads.setdefault(message.thread_id, []), message, key=_oldest_first)

    def get(self, message_id: str) -> Message | None:
        return self._messages.get(message_id)

    def thread(self, thread_id: str) -> list[Message]:
        """A thread's messages, oldest first; empty for an unknown thread."""
        return list(self._threads.get(thread_id, ()))

    def newest_first(self) -> list[Message]:
        """All messages. The list is the mailbox's own: look, do not touch."""
        return self._newest_first

    def added_since(self, history_id: int) -> list[Message]:
        """Messages that arrived after a point in history, oldest first."""
        new = [message for message in self._newest_first if message.history_id > history_id]
        return sorted(new, key=lambda message: message.history_id)

    def thread_for(self, message_id: str, references: Iterable[str], fallback: str) -> str:
        """The thread that a Message-ID or one of its references belongs to, else a new one, `fallback`.

        References are remembered too: in an export a reply may come before what it replies to.
        """
        names = [name for name in (message_id, *references) if name]
        known = [self._thread_of_reference[name] for name in names if name in self._thread_of_reference]
        thread_id, *others = dict.fromkeys(known or [fallback])
        for other in others:
            self._merge(other, thread_id)
        self._thread_of_reference.update(dict.fromkeys(names, thread_id))
        return thread_id

    def _merge(self, other: str, thread_id: str) -> None:
        """One mail shows that two threads are one."""
        for message in self._threads.pop(other, ()):
            message.thread_id = thread_id
            message.kept.clear()
            insort(self._threads.setdefault(thread_id, []), message, key=_oldest_first)
        moved = [name for name, thread in self._thread_of_reference.items() if thread == other]
        self._thread_of_reference.update(dict.fromkeys(moved, thread_id))

    def label_id(self, name: str) -> str:
        """The id of a user's label, which is created where there is none of that name."""
        known = next((key for key, label in self.user_labels.items() if label == name), None)
        label_id = known or f"Label_{len(self.user_labels) + 1}"
        self.user_labels[label_id] = name
        return label_id


def message_id_for(owner: str, content: bytes) -> str:
    """A Gmail id, 16 hexadecimal digits: the same content has the same id in the same mailbox."""
    return hashlib.sha256(owner.encode() + b"\0" + content).hexdigest()[:16]


def _newest_first(message: Message) -> float:
    return -message.internal_date.timestamp()


def _oldest_first(message: Message) -> float:
    return message.internal_date.timestamp()
