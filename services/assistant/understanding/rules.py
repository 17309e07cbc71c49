"""The rules' order, which decides what a message asks for: `understand.py` is the way in.

First what changes something, which takes every word into account (`changes.py`), then what only reads, most
specific first, then what the words weigh (`topics.py`). What is not sure is `Unknown` with what may have been
meant.
"""

from __future__ import annotations

import re

from services.assistant.understanding import change_words
from services.assistant.understanding import question_words as words
from services.assistant.understanding.calendar_question import read_calendar_question
from services.assistant.understanding.changes import read_change, service_named
from services.assistant.understanding.mail_search import read_mail_search
from services.assistant.understanding.message import Message, part_of, to_the_point
from services.assistant.understanding.normal import mend_orders
from services.assistant.understanding.phrases import compiled
from services.assistant.understanding.plainly import unless_plain
from services.assistant.understanding.remarks import (
    read_among_remarks,
    read_kindness,
    read_order,
    read_wished_briefing,
)
from services.assistant.understanding.requests import (
    BriefingNow,
    ChangeTime,
    Confirm,
    Connect,
    Disconnect,
    Greeting,
    Help,
    Pause,
    Request,
    Resume,
    Status,
    Thanks,
    Unknown,
)
from services.assistant.understanding.suggest import suggestions
from services.assistant.understanding.topic_words import WRITTEN_TO_ME
from services.assistant.understanding.topics import read_link_or_button, read_topic
from services.assistant.understanding.vocabulary import (
    HOW,
    NEGATED,
    REQUESTED,
    SEARCH,
    SHOW,
    SUPPOSED,
    WRITES,
)

_IS_REQUEST = re.compile(REQUESTED)
_CONNECTS, _DISCONNECTS = re.compile(change_words.CONNECTS), compiled("끊", "해제", "해지", "disconnect")
_HOW_TO_DISCONNECT = compiled(
    "how (?:do|can|would|should) i (?:disconnect|unlink|unconnect|revoke)",
    "(?:연결|연동)(?:을|를)? ?(?:(?:끊|해제하|해지하|취소하)(?:으)?려면|(?:끊|해제하|해지하)는 ?(?:법|방법))",
    "(?:연결|연동)(?:을|를)? ?어떻게 ?(?:끊|해제|해지)",
)
_NEGATED_MAIL = compiled(
    "안 ?읽은",
    "못 ?읽은",
    "못 ?본",
    "안 ?읽음",
    "안 ?본",
    "읽지 ?않은",
    "haven't read",
    "have not read",
    "not read",
    "i (?:(?:can|could|did|do|have) not|couldn't|didn't|don't|haven't)"
    " (?:seem to )?(?:find|see|remember|recall|locate|get|seen|found)",
    "not (?:find|remember|sure)",
    "(?:못|안) ?(?:찾|보이|보여|봤|받았|왔|떠)",
    "(?:기억|생각)(?:이|도)? ?안",
    "모르겠",
    "답장 ?안 ?한",
)


def read(message: Message) -> Request:
    """The request of a message."""
    if message.operators:
        return read_mail_search(message) or Unknown()
    return unless_plain(message, _understood(message)) or Unknown(suggestions(message))


def _understood(message: Message) -> Request | None:
    pointed = to_the_point(message)
    return (
        (read_change(pointed) if pointed.aside else None)
        or read_change(message)
        or _wanted_briefing(pointed)
        or read_wished_briefing(message)
        or read_order(pointed, _question)
        or _mistyped(message)
        or read_link_or_button(message)
        or _sure(message)
        or read_topic(message)
        or _among_remarks(pointed)
        or _question(message)
    )


def _mistyped(message: Message) -> Request | None:
    """A change with a slip of the keys in it: asked back, as it is not what was typed."""
    mended = mend_orders(message.text)
    found = read_change(part_of(message, mended)) if mended != message.text else None
    if isinstance(found, (ChangeTime, Pause, Resume)):
        return Confirm(found)
    return None if isinstance(found, Unknown) else found


def _sure(message: Message) -> Request | None:
    """What only reads, where all of the message is about it."""
    found = _question(message)
    return None if isinstance(found, Unknown) else found


def _among_remarks(message: Message) -> Request | None:
    return read_among_remarks(message, _question) or read_kindness(message, _question)


def _wanted_briefing(pointed: Message) -> Request | None:
    """Today's briefing, asked for with a reason: 못 봤는데 보여줘."""
    return _briefing(pointed) if pointed.aside and _IS_REQUEST.search(pointed.text) else None


def _question(message: Message) -> Request | None:
    """What only reads, most specific first."""
    return next((request for rule in _RULES if (request := rule(message)) is not None), None)


def _small_talk(message: Message) -> Request | None:
    if words.GREETING.fullmatch(message.text):
        return Greeting()
    if words.THANKS.fullmatch(message.text):
        return Thanks()
    looks_for = SEARCH.search(message.text) and words.HAS_MAIL.search(message.text)
    return Help() if words.HELP.search(message.text) and not looks_for else None


def _status(message: Message) -> Request | None:
    if SUPPOSED.search(message.text) or (
        WRITTEN_TO_ME.search(message.text) and not words.HAS_BRIEFING.search(message.text)
    ):
        return None
    asked_when = (
        message.clocks
        and message.asks
        and "instead" not in message.text
        and words.HAS_BRIEFING.search(message.text)
    )
    return Status() if asked_when or words.STATUS.search(message.text) else None


def _refused(message: Message) -> Request | None:
    """What cannot be done, what was denied, and how something is done."""
    text = words.LEADING_HELLO.sub("", message.text)
    if (
        HOW.search(text)
        and _CONNECTS.search(text)
        and not (NEGATED.search(text) or _DISCONNECTS.search(text))
    ):
        return Connect(service_named(text))
    if _HOW_TO_DISCONNECT.search(text) and not NEGATED.search(text):
        return Disconnect()
    if (
        WRITES.search(text)
        or SUPPOSED.search(text)
        or HOW.search(text)
        or NEGATED.search(_NEGATED_MAIL.sub(" ", text))
    ):
        return Unknown(suggestions(message))
    return None


def _mail(message: Message) -> Request | None:
    text = message.text
    if words.FROM.match(text) or words.LOOKS_LIKE_MAIL.search(text):
        return read_mail_search(message)
    about_mail = words.HAS_MAIL.search(text)
    if not about_mail or (words.HAS_BRIEFING.search(text) and not SEARCH.search(text)):
        return None
    wanted = SHOW.search(text) or words.CRITERION.search(text) or message.period
    return read_mail_search(message) if wanted or about_mail.end() == len(text) else None


def _briefing(message: Message) -> Request | None:
    text, period = message.plain, message.period
    if words.CATCH_UP.search(message.text):
        return BriefingNow()
    if message.clocks or not (words.HAS_BRIEFING.search(text) or words.NEWS.search(text)):
        return None
    today = period is None or period.first == period.last == message.today.day
    return BriefingNow() if today and words.BRIEFING_NOW.fullmatch(text) else None


def _calendar(message: Message) -> Request | None:
    text = message.text
    if words.HAS_BRIEFING.search(text) and not words.EVENT_BRIEFED.search(text):
        return None
    if WRITTEN_TO_ME.search(text):
        return None
    asked = SHOW.search(text) or message.period or message.clocks or text.endswith("?")
    about_event = words.HAS_EVENT.search(text)
    if (about_event and (asked or about_event.end() == len(text))) or words.DAY_QUESTION.search(text):
        return read_calendar_question(message)
    return read_calendar_question(message) if _names_only_a_day(message) else None


def _names_only_a_day(message: Message) -> bool:
    said = message.plain.strip(" ?")
    return bool(message.period and (said or message.asks) and words.DAY_ONLY.fullmatch(said))


def _search(message: Message) -> Request | None:
    """Something is looked for: mail, where nothing else was said."""
    found = read_mail_search(message) if SEARCH.search(message.text) else None
    return found if found and (found.words or found.senders) else None


_RULES = (_small_talk, _status, _briefing, _refused, _mail, _calendar, _search)
