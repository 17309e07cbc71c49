"""What stands at the edges of a text and tells its reader nothing: signatures, disclaimers, banners."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LINE = 120
_SIGNATURE_LINES = 20
_CLOSING_LINES = 10

_DELIMITER = re.compile(r"(?:--|—|__|- -)\s*$")
_FOOTER_RULE = re.compile(r"[_=-]{10,}\s*$")
_FOOTER_WORDS = re.compile(r"mailing list|unsubscribe|https?://|수신\s?거부|sent via|scanned", re.IGNORECASE)

_SENT_FROM = re.compile(
    r"\W*(?:sent from (?:my |mail |outlook|yahoo|samsung|an? |proton|gmail)[^.!?]*|get outlook for .*|get bluemail .*"
    r"|sent (?:with|via|using) (?:proton|spark|superhuman|airmail|outlook|mailtrack|canary|thunderbird|mail).*"
    r"|(?:나의|내) .{1,40}에서 보냄|.{1,40}(?:에서|으로|로) (?:보냄|보낸 (?:메일|메시지)입니다|보냈습니다)"
    r"|(?:android|ios|모바일)용 outlook.*|outlook.{0,20}(?:다운로드|받기).*"
    r"|von meinem .{1,40} gesendet|gesendet (?:von|mit) .{1,60}|diese nachricht wurde von .{1,60} gesendet"
    r"|envoyé (?:de|depuis|à partir de) .{1,60}|télécharger outlook.*|enviado (?:desde|do|de) .{1,60}"
    r"|inviato da(?:l)? .{1,60}|verzonden (?:vanaf|met|vanuit) .{1,60}|skickat från .{1,60}|sendt fra .{1,60}"
    r"|odesláno z .{1,60}|wysłan[eo] z .{1,60}|отправлено (?:с|из) .{1,60}"
    r"|.{0,20}(?:から送信|より送信)(?:されました)?|发自我的.{1,40}|从我的.{1,40}发送|從我的.{1,40}傳送)\W*$",
    re.IGNORECASE,
)
_BANNER = re.compile(
    r"\W*(?:\[?external(?: e-?mail| sender)?\]?\W*$|(?:caution|warning)\W{1,4}(?:this|external).{0,60}"
    r"(?:outside|external)|this (?:e-?mail|message) (?:originated|came|was sent) from outside"
    r"|you don.t often get e-?mail from|some people who received this message don.t often"
    r"|\[?외부\s?(?:메일|발신)\]?\W*$|(?:이|본) 메일은 (?:외부|회사 외부)에서)",
    re.IGNORECASE,
)

_DISCLAIMER_START = re.compile(
    r"\W*(?:confidential|disclaimer|legal notice|privileged|important(?: notice)?\W|notice\W|caution\W|warning\W"
    r"|this (?:e-?mail|message|communication|transmission)|the (?:information|contents?) (?:contained )?(?:in|of)"
    r"|if you (?:are not the intended|have received this)|(?:본|이|동)\s?(?:전자\s?우편|전자\s?메일|이?메일|e-?mail"
    r"|메시지|메세지|문서|메일)|diese (?:e-?mail|nachricht)|ce (?:message|courriel|mail)|este (?:correo|mensaje)"
    r"|questo messaggio|(?:この|本)(?:電子)?(?:メール|メッセージ)|本邮件|本郵件|此邮件)",
    re.IGNORECASE,
)
_DISCLAIMER_WORDS = re.compile(
    r"confidential|privileged|intended (?:recipient|solely|only)|solely for|unauthori[sz]ed|virus"
    r"|기밀|비밀|대외비|보안|법률|법적|수신인|지정된 수신|수신자(?:만|가 아|에게만)|무단|누설|유출|발신\s?전용"
    r"|vertraulich|confidentiel|confidencial|riservat|機密|秘密|誤って|保密|机密",
    re.IGNORECASE,
)

_CLOSING = re.compile(
    r"\W*(?:(?:with )?(?:my )?(?:best|kind|kindest|warm|warmest|many thanks and)?\s*(?:regards|wishes)"
    r"|sincerely(?: yours)?|yours(?: (?:sincerely|truly|faithfully))?|cheers|best|respectfully|cordially|thx"
    r"|(?:many )?thanks(?: again| so much| in advance| a lot| and (?:best |kind )?regards|,? best)?|thank you(?: so much)?"
    r"|(?:mit )?(?:freundlichen|besten|herzlichen|vielen|lieben) grü(?:ß|ss)en?"
    r"|(?:freundliche|beste|herzliche|viele|liebe|schöne) grü(?:ß|ss)e|mfg|lg|vg|gruß|danke"
    r"|(?:bien )?cordialement|bien à vous|salutations|(?:un )?saludos?(?: cordiales)?|atentamente"
    r"|cordiali saluti|saluti|met vriendelijke groeten?|groeten|(?:med )?vänlig(?:a)? hälsning(?:ar)?|mvh"
    r"|(?:med )?venlig hilsen|s pozdravem|pozdrawiam|с уважением)\W*$",
    re.IGNORECASE,
)
_KOREAN_SIGNED = re.compile(
    r"(?:[^\d]{0,24}\s)?(?!자료|안내|공유|첨부|답변|회신|연락|보고|전달|문의|말씀|부탁|감사|인사|축하|확인|제안|초대)"
    r"[가-힣]{2,5}\s*(?:드림|올림|배상)\W*$"
)
_KOREAN_THANKS = re.compile(
    r".{0,40}(?:감사합니다|감사드립니다|고맙습니다|수고하세요|하루 (?:되세요|보내세요)|바랍니다|드립니다)\W*$"
)
_CONTACT = re.compile(
    r"\b(?:tel|t|m|mobile|phone|fax|f|h\.?p|c\.?p|e-?mail|e|a|addr|address|web)\s?[.:)|/]|전화|휴대폰|팩스|주소|연락처"
    r"|0\d{1,2}[-.) ]\s?\d{3,4}[-. ]\d{4}|\+\d{1,3}[-. (]|www\.|https?://|\S@\S+\.\S|\(주\)|㈜|주식회사",
    re.IGNORECASE,
)


def without_edges(lines: Sequence[str]) -> str:
    """The text without device lines, banners, disclaimers, signature and closing; possibly empty."""
    kept = [line for line in lines if not (len(line) <= _LINE and _SENT_FROM.match(line))]
    kept = _before_signature(_without_notices(kept))
    return "\n".join(_before_closing(kept)).strip()


def _without_notices(lines: list[str]) -> list[str]:
    """Paragraphs that warn of outsiders or claim confidentiality are dropped, lines that do so too."""
    paragraphs = "\n".join(line for line in lines if not _BANNER.match(line[:_LINE])).split("\n\n")
    return "\n\n".join(text for text in paragraphs if not _is_disclaimer(text)).split("\n")


def _is_disclaimer(paragraph: str) -> bool:
    start = paragraph[:600]
    return _DISCLAIMER_START.match(start) is not None and _DISCLAIMER_WORDS.search(start) is not None


def _before_signature(lines: list[str]) -> list[str]:
    """Up to the line `--`, or a rule above a mailing list's footer."""
    for index, line in enumerate(lines):
        if _DELIMITER.match(line) and _count(lines[index:]) <= _SIGNATURE_LINES:
            return lines[:index]
        if _FOOTER_RULE.match(line):
            rest = [text for text in lines[index + 1 :] if text.strip()]
            if len(rest) <= _CLOSING_LINES and _FOOTER_WORDS.search("\n".join(rest)[:1000]):
                return lines[:index]
    return lines


def _before_closing(lines: list[str]) -> list[str]:
    """Up to "Best regards" or "홍길동 드림" when only a name and an address can follow."""
    filled = [index for index, line in enumerate(lines) if line.strip()]
    for index in filled[1:][-_CLOSING_LINES:]:
        below = [lines[position] for position in filled if position > index]
        if any(len(line) > _LINE for line in below):
            continue
        line = lines[index][:_LINE]
        if _CLOSING.match(line) or _KOREAN_SIGNED.match(line):
            return lines[:index]
        if _KOREAN_THANKS.match(line) and below and _CONTACT.search("\n".join(below)):
            return lines[: index + 1]
    return lines


def _count(lines: Sequence[str]) -> int:
    return sum(line.strip() != "" for line in lines)
