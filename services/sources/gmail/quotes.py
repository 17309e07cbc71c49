"""Where a quoted or forwarded mail begins in the lines of a text, in the languages of a team's mail.

Every pattern looks at one line, or two or three joined, of at most `LINE_LIMIT` characters, so that the work
grows with the number of lines and with nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

LINE_LIMIT = 300
_BLOCK_LINES = 10

_VERB = (
    r"wrote|writes|schrieb|schrieben|geschrieben|a écrit|écrit|escribió|escreveu|ha scritto|scrisse|schreef"
    r"|skrev|kirjoitti|napsala?|napsal\(a\)|napisała?|napisał\(a\)|pisze|написала?|пишет|yazdı|írta|a scris"
    r"|đã viết|写道|写到|寫道|さんは書きました|さんが書きました|のメール"
)
_ATTRIBUTION = re.compile(
    rf".{{3,}}\b(?:{_VERB})\b.{{0,120}}[:：]\s*$|.*(?:写道|寫道|のメール|は書きました|が書きました)\s*[:：]\s*$",
    re.IGNORECASE,
)
_KOREAN_ATTRIBUTION = re.compile(
    r".*(?:작성(?:함|하였습니다|했습니다|하셨습니다|한 글|한 메일)?|(?:쓴|쓰신|보낸|보내신)\s?(?:글|메일|메시지|내용)"
    r"|썼습니다|쓰셨습니다|적었습니다|님의 말|님 말씀)\s*(?P<colon>[:：])?\s*$"
)
_KOREAN_DATE = re.compile(r"[\s*\[(]*(?:19|20)?\d\d(?:년|[./-])\s?\d{1,2}(?:월|[./-])\s?\d{1,2}")
_ADDRESS_COLON = re.compile(r".*<[^<>\s]+@[^<>\s]+>\s*[:：]\s*$")
_DATED = re.compile(r"\d{1,2}[:.시h]\s?\d{2}|(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}|\d{1,2}월")
_OPENER = re.compile(
    r"[*\s]*(?:On|Am|Le|El|Il|Op|Em|Den|Dne|Dnia|W dniu|Pada|Vào|At|In a message dated|20\d\d|19\d\d|\d{1,2}[./-]|"
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Mo|Di|Mi|Do|Fr|Sa|So)[a-z]*[,.]|\[?\d{4}년|있을 때|지난)",
    re.IGNORECASE,
)

_SEPARATOR = re.compile(
    r"[>\s]*[-_=*~─━—–]{2,}[\s\[(<]*(?:"
    r"original[ -]?(?:message|e-?mail|appointment)|forwarded (?:message|e-?mail)(?: by.*)?|forwarded by .*"
    r"|reply message|previous message|원본\s?(?:메시지|메세지|메일|내용)|원문\s?(?:메시지|메일)?|이전 메일"
    r"|전달된?\s?(?:메시지|메세지|메일)|전달\s?메일|받은\s?(?:메시지|메일)(?:\s?내용)?|답장한 메일"
    r"|ursprüngliche (?:nachricht|mail)|original-?nachricht|originalnachricht|weitergeleitete (?:nachricht|mail)"
    r"|ursprünglicher termin|message d.origine|message (?:original|initial|transféré)|mail original"
    r"|mensaje (?:original|reenviado)|mensagem (?:original|encaminhada)|messaggio (?:originale|inoltrato)"
    r"|oorspronkelijk bericht|doorgestuurd bericht|ursprungligt meddelande|vidarebefordrat meddelande"
    r"|oprindelig meddelelse|opprinnelig melding|wiadomość oryginalna|исходное сообщение|пересылаемое сообщение"
    r"|元のメッセージ|元のメール|転送メッセージ|原始邮件|原始郵件|转发邮件|轉寄郵件|邮件原件"
    r")[\s\])>]*[-_=*~─━—–]{2,}",
    re.IGNORECASE,
)
_FORWARD_START = re.compile(
    r"[>\s]*(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)"
    r"|début du (?:message réexpédié|message transféré)|inicio del mensaje reenviado|inizio messaggio inoltrato"
    r"|전달된 메시지의 시작|전달된 메시지|転送されたメッセージ|开始转发的邮件|開始轉寄郵件)\s*[:：]\s*$",
    re.IGNORECASE,
)

_FROM = (
    r"from|von|de|da|van|från|fra|od|lähettäjä|от|kimden|expéditeur|remitente|mittente|feladó"
    r"|보낸\s?사람|보낸\s?이|보내는\s?사람|발신인?|발신자|작성자|差出人|送信者|発信者|发件人|寄件者|寄件人"
)
_OTHER = (
    r"sent|date|to|cc|bcc|subject|reply-to|importance|attachments?|when|where|organization"
    r"|gesendet|datum|an|betreff|kopie|envoyé|date d'envoi|à|objet|enviado(?: el| em)?|fecha|para|asunto|data|assunto"
    r"|inviato|a|oggetto|verzonden|aan|onderwerp|skickat|till|ämne|kopia|sendt|til|emne|wysłano|do|temat"
    r"|odesláno|komu|předmět|отправлено|кому|тема|дата|копия"
    r"|보낸\s?(?:날짜|시간|일시)|날짜|일시|작성일|받는\s?(?:사람|이)|수신인?|수신자|참조|제목|첨부(?:파일)?|중요도"
    r"|送信日時|日時|宛先|件名|受信者|发送时间|发送日期|日期|收件人|主题|抄送|寄件日期|收件者|主旨|副本"
)
_SUBJECT = (
    r"subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|temat|předmět|тема|제목|件名|主题|主旨"
)
_FIELD = re.compile(
    rf"[>*\s]*(?:(?P<sender>{_FROM})|(?P<other>{_OTHER}))\s*\**\s*[:：]\**(?P<value>.*)$", re.IGNORECASE
)
_SUBJECT_FIELD = re.compile(rf"[>*\s]*(?:{_SUBJECT})\s*\**\s*[:：]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines `start` up to `body` introduce somebody else's mail, whose text begins at `body`.

    `attribution`: it is of the kind "On … wrote:", after which the author may answer below the quotation.
    """

    start: int
    body: int
    attribution: bool = False


def quote_at(lines: Sequence[str], index: int) -> Quote | None:
    """The quote that begins at this line, if one does."""
    line = lines[index][:LINE_LIMIT]
    if not line.strip():
        return None
    if _SEPARATOR.match(line) or _FORWARD_START.match(line):
        return Quote(index, _after_fields(lines, index + 1))
    if _FIELD.match(line) and (end := _field_block(lines, index)):
        return Quote(index, end)
    length = _attribution_lines(lines, index)
    return Quote(index, index + length, attribution=True) if length else None


def _attribution_lines(lines: Sequence[str], index: int) -> int:
    """How many lines "On … wrote:" takes from here on: programs wrap it into two or three. 0: none."""
    joined = ""
    for length in (1, 2, 3):
        if index + length > len(lines) or not (line := lines[index + length - 1].strip()):
            return 0
        if length == 2 and not _OPENER.match(joined):
            return 0
        joined = f"{joined} {line}"[-2 * LINE_LIMIT :]
        if _is_attribution(joined, quoted_below=_is_quoted(lines, index + length)):
            return length
    return 0


def _is_attribution(line: str, *, quoted_below: bool) -> bool:
    if len(line) > LINE_LIMIT:
        return False
    dated = _DATED.search(line) is not None
    if _ATTRIBUTION.match(line):
        return "@" in line or quoted_below or (dated and _OPENER.match(line) is not None)
    korean = _KOREAN_ATTRIBUTION.match(line)
    if korean and dated:
        return _KOREAN_DATE.match(line) is not None if korean["colon"] else "@" in line or quoted_below
    return dated and _ADDRESS_COLON.match(line) is not None


def _is_quoted(lines: Sequence[str], index: int) -> bool:
    following = next((line for line in lines[index : index + 3] if line.strip()), "")
    return following.lstrip().startswith(">")


def _field_block(lines: Sequence[str], index: int) -> int:
    """Where the block of "From: … Sent: … Subject: …" that begins here ends; 0 when it is none.

    It needs a sender, and either a subject or an address beside another field: a travel plan also says
    "From: Seoul" and "To: Tokyo".
    """
    seen: set[str] = set()
    sender = subject = addressed = False
    end = index
    for position in range(index, min(index + _BLOCK_LINES, len(lines))):
        line = lines[position][:LINE_LIMIT]
        found = _FIELD.match(line)
        if found is None:
            if line.strip() and position > end + 1:
                break
            continue
        end = position
        seen.add(line.partition(":")[0].strip().lower())
        sender = sender or found["sender"] is not None
        subject = subject or _SUBJECT_FIELD.match(line) is not None
        addressed = addressed or (found["sender"] is not None and "@" in found["value"])
    quoted = sender and len(seen) >= 2 and (subject or addressed)
    return _after_blank(lines, end + 1) if quoted else 0


def _after_fields(lines: Sequence[str], index: int) -> int:
    """Behind the fields that may follow a separator line."""
    start = _after_blank(lines, index)
    if start < len(lines) and _FIELD.match(lines[start][:LINE_LIMIT]):
        return _field_block(lines, start) or start
    return start


def _after_blank(lines: Sequence[str], index: int) -> int:
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index
