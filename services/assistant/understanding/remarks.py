"""A clear request among remarks: why, what happened, how it feels.

No table can list what people remark. So the message is taken apart, and a part that is a request by itself
counts where no other part denies it, doubts it, sets a condition, quotes, or wants something else.
What changes the daily briefing is then only asked back, with a button that names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from services.assistant.understanding import change_words as changes
from services.assistant.understanding import question_words as words
from services.assistant.understanding import remark_words as remarked
from services.assistant.understanding.changes import read_change, read_loosely
from services.assistant.understanding.message import Message, part_of
from services.assistant.understanding.requests import (
    BriefingNow,
    ChangeTime,
    Confirm,
    Greeting,
    Help,
    Pause,
    Request,
    Resume,
    Thanks,
    Unknown,
)

# Said of a briefing that had stopped, or by somebody who was away.
RESUMED = re.compile(f"{changes.TOLD.pattern}|{changes.FROM_NOW_ON.pattern}")
Read = Callable[[Message], Request | None]
MOST_PARTS, MOST_WORDS = 6, 7


def read_order(message: Message, question: Read) -> Request | None:
    """What is to be changed, connected or ended among remarks; `question` reads what only asks."""
    parts = _parts(message)
    return (_change(message, parts) or _asked(message, parts, read_change, question)) if parts else None


def read_among_remarks(message: Message, question: Read) -> Request | None:
    """The one thing that is asked for in a message that says more."""
    parts = _parts(message)
    return (_asked(message, parts, question, question) or _briefing_again(message)) if parts else None


def read_kindness(message: Message, question: Read) -> Request | None:
    """Thanks or a greeting with something friendly beside that asks for nothing."""
    for kind, said in ((Thanks(), remarked.GRATEFUL), (Greeting(), remarked.GREETS)):
        if not said.search(message.text):
            continue
        rest = part_of(message, said.sub(" ", message.text).strip())
        about_us = isinstance(kind, Greeting) and remarked.ABOUT_US.search(rest.text)
        if not (about_us or _wants(rest) or _is_request(rest, question)):
            return kind
    return None


def _parts(message: Message) -> list[str]:
    """Sentences and clauses, each with the mark it ends in; none where they are not to be acted on."""
    text = message.text
    if remarked.FOREIGN.search(text):
        return []
    parts = [part for found in remarked.BREAK.sub(r"\g<0>\n", text).split("\n") if (part := found.strip())]
    return parts if len(parts) <= MOST_PARTS else []


def _change(message: Message, parts: list[str]) -> Request | None:
    """What is to be changed is said in some of the parts, the others only tell something."""
    said = [part for part in parts if remarked.CHANGING.search(part_of(message, part).plain)]
    main = part_of(message, " ".join(said))
    aside = [part_of(message, part) for part in parts if part not in said]
    unnamed = not words.HAS_BRIEFING.search(message.text)
    if unnamed and any(
        remarked.EVENTS.search(text) for text in (message.aside, *(part.text for part in aside))
    ):
        return None  # what is to be moved may be the meeting
    if remarked.DOUBT.search(main.text) or not _orders(main) or any(map(_wants, aside)):
        return None
    if any(isinstance(read_change(part), ChangeTime) for part in aside):
        return None
    return _confirmed(message, main, aside)


def _orders(main: Message) -> bool:
    """Whether it is told to do something to the briefing, and not asked or told about it."""
    ordered = remarked.ORDERS.search(main.text)
    about = words.HAS_BRIEFING.search(main.text) or read_change(main)
    return bool(ordered and about and not remarked.OTHERS.search(main.text))


def _confirmed(message: Message, main: Message, aside: list[Message]) -> Confirm | None:
    dated = [part for part in aside if part.period]
    found = read_loosely(main)
    if found is None:
        return None
    request, left = found
    if len(remarked.WORD.findall(left)) > MOST_WORDS or remarked.UNREAD.search(left):
        return None
    if isinstance(request, Pause) and dated and not main.period:
        again = read_loosely(part_of(message, f"{main.text} {dated[0].text}"))
        request = again[0] if again and len(dated) == 1 else Unknown()
    elif dated and not isinstance(request, Pause):
        return None
    return Confirm(request) if isinstance(request, (ChangeTime, Pause, Resume)) else None


def _asked(message: Message, parts: list[str], read: Read, question: Read) -> Request | None:
    """What changes nothing, and is said by some parts that follow each other."""
    for begin, end in _runs(len(parts)):
        run = part_of(message, " ".join(parts[begin:end]))
        request = read(run)
        others = [part_of(message, part) for part in (*parts[:begin], *parts[end:])]
        if request is None or isinstance(request, (*_SMALL, *_CHANGING)):
            continue
        if not any(_wants(other) or _is_request(other, question) for other in others):
            return request
    return None


_SMALL = (Greeting, Thanks, Unknown)
_CHANGING = (ChangeTime, Pause, Resume)


def _runs(count: int) -> Iterator[tuple[int, int]]:
    """Of parts that follow each other, the longest first, but never all."""
    for length in range(count - 1, 0, -1):
        for begin in range(count - length + 1):
            yield begin, begin + length


def _wants(part: Message) -> bool:
    """Whether a part denies, asks for or depends on something."""
    if remarked.ONLY_POLITE.fullmatch(part.text):
        return False
    return bool("?" in part.text or remarked.DENIES.search(part.text) or remarked.REQUESTS.search(part.text))


def _is_request(part: Message, question: Read) -> bool:
    request = read_change(part) or question(part)
    return request is not None and not isinstance(request, (*_SMALL, Help))


def _briefing_again(message: Message) -> Request | None:
    """Today's briefing with whatever happened to it: 실수로 지웠는데 다시 보여줘."""
    text = message.text
    asked = words.HAS_BRIEFING.search(text) and remarked.SHOWN.search(text)
    if not asked or message.clocks or remarked.OTHERS.search(text) or remarked.DOUBT_OF_WISH.search(text):
        return None
    only_today = message.period is None or message.period.first == message.period.last == message.today.day
    return (
        BriefingNow()
        if only_today and not remarked.NOT_NOW.search(remarked.PLACED.sub(" ", message.plain))
        else None
    )


def read_wished_briefing(message: Message) -> Request | None:
    """Today's briefing asked for at the end, whatever is told before: 아직 안 온 것 같은데 지금 주세요."""
    parts = _parts(message)
    if any(found.search(message.text) for found in (remarked.EXPLAINED, remarked.DOUBT_OF_WISH, RESUMED)):
        return None
    named = [words.HAS_BRIEFING.search(part) is not None for part in parts]
    asking = [remarked.SHOWN.search(part) is not None for part in parts]
    if not (any(named) and any(asking)):
        return None
    main = part_of(message, " ".join(part for part, *of in zip(parts, named, asking, strict=True) if any(of)))
    return _briefing_again(main)
