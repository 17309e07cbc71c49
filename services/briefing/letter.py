"""A briefing as an e-mail: HTML and text made from the very message that Slack would have got. Pure."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from html import escape, unescape
from typing import Any
from urllib.parse import urlsplit

from services.briefing.escape import WORD_JOINER
from services.briefing.model import SlackMessage
from services.briefing.plain import message_as_text
from services.i18n import Translator, translator

KEY_HEADER = "X-Briefing-Key"
TEXT_COLUMNS = 78
_PIECE = re.compile(r"<(?P<url>https?://[^|>]+)(?:\|(?P<label>[^>]*))?>|\*(?P<bold>[^*\n]+)\*")
_PAGE = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head>'
    '<body style="font-family:sans-serif;line-height:1.5;max-width:40em;margin:auto">{body}</body></html>'
)
_SMALL = '<p style="font-size:85%;color:#616061">{}</p>'


def letter(content: dict[str, Any], *, to: str, key: str, locale: str, portal_url: str) -> bytes:
    """A composed message {text, blocks} as an RFC 5322 mail to `to`; `key` finds it again."""
    t = translator(locale)
    blocks = list(content.get("blocks") or ())
    mail = EmailMessage(policy=SMTP)
    mail["To"] = to
    mail["Subject"] = _subject(content, blocks)
    mail["Message-ID"] = f"<{sha256(key.encode()).hexdigest()[:32]}@{urlsplit(portal_url).hostname}>"
    mail[KEY_HEADER] = key
    mail["Auto-Submitted"] = "auto-generated"
    text = message_as_text(SlackMessage(content["text"], blocks), TEXT_COLUMNS)
    mail.set_content(f"{text}\n-- \n{_why(t)}\n{portal_url}/settings\n")
    mail.add_alternative(_html(content, blocks, t, portal_url), subtype="html")
    return mail.as_bytes()


def _subject(content: dict[str, Any], blocks: list[dict[str, Any]]) -> str:
    titles = [str(block["text"]["text"]) for block in blocks if block["type"] == "header"]
    return " ".join(unescape(titles[0] if titles else str(content["text"])).split())


def _why(t: Translator) -> str:
    return t.gettext("This came by e-mail because it could not be delivered in Slack, as you have chosen.")


def _html(content: dict[str, Any], blocks: list[dict[str, Any]], t: Translator, portal_url: str) -> str:
    parts = [_block(block) for block in blocks] or [f"<p>{_mrkdwn(content['text'])}</p>"]
    settings = f'<a href="{escape(portal_url)}/settings">{escape(t.gettext("Settings"))}</a>'
    parts.append(_SMALL.format(f"{escape(_why(t))} {settings}"))
    return _PAGE.format(language=t.language, body="\n".join(parts))


def _block(block: dict[str, Any]) -> str:
    match block["type"]:
        case "header":
            return f"<h2>{escape(unescape(block['text']['text']))}</h2>"
        case "divider":
            return '<hr style="border:0;border-top:1px solid #ddd">'
        case "section":
            return f"<p>{_mrkdwn(block['text']['text'])}{_button(block.get('accessory') or {})}</p>"
        case "context":
            return _SMALL.format(" ".join(_mrkdwn(one["text"]) for one in block["elements"]))
        case "actions":
            return f"<p>{''.join(_button(one) for one in block['elements'])}</p>"
        case _:
            return ""


def _button(button: dict[str, Any]) -> str:
    """A link where it leads somewhere; what only Slack can do is left out."""
    if "url" not in button:
        return ""
    label = escape(unescape(button["text"]["text"]))
    return f'<br><a href="{escape(button["url"])}">[{label}]</a>'


def _mrkdwn(text: str) -> str:
    """Slack's markup as HTML: links and bold, and everything between them as text."""
    parts, end = [], 0
    for match in _PIECE.finditer(text):
        parts += [_text(text[end : match.start()]), _piece(match)]
        end = match.end()
    return "".join([*parts, _text(text[end:])])


def _piece(match: re.Match[str]) -> str:
    if match["bold"] is not None:
        return f"<strong>{_mrkdwn(match['bold'])}</strong>"
    url = unescape(match["url"])
    return f'<a href="{escape(url)}">{_text(match["label"] or url)}</a>'


def _text(mrkdwn: str) -> str:
    return escape(unescape(mrkdwn).replace(WORD_JOINER, "")).replace("\n", "<br>\n")
