"""Reading a mail's newest text as far as a briefing needs it: what it says first, and whether it asks."""

from __future__ import annotations

import re

from services.sources.records import TEXT_LIMIT

GIST_LIMIT = 400

_LINK = re.compile(r"(?:https?://|www\.)(?P<host>[^\s/?#<>\"']+)\S*", re.IGNORECASE)

# What people write before they say something, one sentence or line each.
_SALUTATIONS = re.compile(
    r"""
      (?:안녕하세요|안녕하십니까|안녕하신가요)[^.!?~\n]{0,30} [.!?~]* (?=\s|$)
    | [^\s,.!?]{1,15}(?:\ [^\s,.!?]{1,10}){0,2}(?:님|님께|께|귀하) (?:[,!~]+\s* | \.?\s*(?=\n|$))
    | (?:hi|hello|hey|dear|good\ (?:morning|afternoon|evening))\b
      (?:\ (?:mr|mrs|ms|dr|prof)\.)? (?:\ [^\s,.!?:]{1,20}){0,2} (?:[,.!:]+(?=\s|$) | (?=\n|$))
    """,
    re.IGNORECASE | re.VERBOSE,
)
_INTRODUCTION = re.compile(r"(?P<who>[^.!?\n]{2,80}?)(?:입니다|이에요|예요)[.!~]+(?=\s)")
_NAME = re.compile(r"\w{2,}")
_TITLE = re.compile(r"\s?\S{0,4}")
# Said at the end of what asks for nothing: a look at the enclosed, a call should there be questions.
_COURTESY = re.compile(
    r"첨부[^.!?\n]{0,20}(?:확인|참고|참조|검토)[^,.!?\n]{0,12}"
    r"|(?:궁금|문의|질문|사항)[^.!?\n]{0,10}있으(?:시|면)[^.!?\n]{0,40}|언제든[^.!?\n]{0,40}"
    r"|(?:(?:please )?let (?:me|us) know )?\b(?:if (?:you have|there are) any|feel free)\b[^.!?\n]{0,60}",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"""
      [?？]
    | (?:까요|나요|는지요|을지요)(?=[\s.,!~…]|$)
    | (?:회신|답신|답장|답변|연락)(?:이|을|를)?\s?(?:없|기다)
    | (?<!잘\ )부탁\s?(?:드리|드립|드려|합니)
    | (?:회신|답신|답장|답변|확인|검토|승인|결재|연락)(?:을|를|하여|해)?\s?(?:좀\s?)?
      (?:바랍|요청|주시|주세|주십|부탁)
    | (?:알려|보내|공유해|전달해|정해|골라|봐|말씀해|작성해|제출해)\s?주(?:세요|시기|시면|실|십시오)
    | \bplease\ (?:confirm|reply|respond|review|advise|send|sign|approve|check|share|let\ (?:me|us)\ know)\b
    | \blet\ (?:me|us)\ know\b
    | \b(?:could|can|would|will)\ you\b
    | \bget\ back\ to\ (?:me|us)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def gist(text: str, *, writer: str = "") -> str:
    """What a mail says, as one line; links are shortened to their host.

    The salutation is left out, and after it the sentence in which the `writer` gives their name.
    """
    body = text[:TEXT_LIMIT].strip()
    said = _without_salutation(body, writer) or body
    return " ".join(_LINK.sub(_host, said).split())[:GIST_LIMIT]


def asks_something(text: str) -> bool:
    """Whether the writer seems to wait for an answer: a question, or a request as people phrase them."""
    meant = _COURTESY.sub(" ", _LINK.sub(" ", text[:TEXT_LIMIT]))
    return _ASKS.search(meant) is not None


def _without_salutation(body: str, writer: str) -> str:
    rest = body
    while match := _SALUTATIONS.match(rest):
        rest = rest[match.end() :].lstrip()
    if rest == body:
        return body
    introduction = _INTRODUCTION.match(rest)
    if introduction and _names(introduction["who"], writer):
        rest = rest[introduction.end() :].lstrip()
    return rest[:1].upper() + rest[1:]


def _names(who: str, writer: str) -> bool:
    """`파트너사 이영희 과장`: one of the writer's names with at most a title after it, and nothing else."""
    found = ((name, who.rfind(name)) for name in _NAME.findall(writer[:100]))
    return any(0 <= at <= 20 and _TITLE.fullmatch(who, at + len(name)) for name, at in found)


def _host(match: re.Match[str]) -> str:
    return match["host"].rpartition("@")[2].removeprefix("www.")
