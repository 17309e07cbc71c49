"""What kind of mail it is, from its header fields: a newsletter, a reply, a delivery report."""

from __future__ import annotations

import re

from services.sources.gmail.headers import Headers
from services.sources.gmail.parts import Part

OWN_HEADER = "x-briefing-portal"

_BULK_LABELS = frozenset({"CATEGORY_PROMOTIONS", "CATEGORY_SOCIAL", "CATEGORY_UPDATES"})
_REPLY_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|aw|sv|vs|antw|antwort|odp|ynt|rif|ref|atb|回复|回覆|答复|答覆|返信|회신|답장|답변)"
    r"\s*(?:\[\d+\]|\(\d+\))?\s*[:：]|\s*\[(?:re|회신|답장|답변)\]",
    re.IGNORECASE,
)
_MACHINE_SENDER = re.compile(
    r"(?:no|do.?not|never)[._-]?reply|noreply|donotreply|notifications?@|newsletter|mailer|bounces?[@+-]",
    re.IGNORECASE,
)
_DAEMON = re.compile(r"(?:mailer-daemon|postmaster|mail-?daemon|maildaemon|mdaemon)(?:@|$)", re.IGNORECASE)
_BOUNCE_SUBJECT = re.compile(
    "undeliver|delivery (?:status notification|failure|has failed|incomplete|report)|failure notice"
    "|returned mail|mail delivery|delivery.{0,20}fail|could not (?:be delivered|send)|unzustellbar|non remis"
    r"|반송|배달\s?(?:되지|실패|할 수 없)|전송\s?(?:실패|하지 못)|발송\s?실패|전달되지 않|수신\s?거절"
    "|配信(?:不能|エラー)|退信",
    re.IGNORECASE,
)


def is_bulk(headers: Headers, labels: frozenset[str], sender: str) -> bool:
    """Whether a machine sent it to many.

    A mailing list adds List-Id, List-Unsubscribe and Precedence to what a colleague writes, too: a list
    that people can post to, or a reply in it, is bulk only when a machine wrote it.
    """
    if labels & _BULK_LABELS or _is_automatic(headers):
        return True
    list_fields = ("list-unsubscribe", "list-id", "list-help", "feedback-id")
    listed = "CATEGORY_FORUMS" in labels or any(name in headers for name in list_fields)
    precedence = headers.token("precedence")
    if not listed and precedence not in ("bulk", "junk", "list"):
        return False
    machine = precedence == "junk" or "feedback-id" in headers or _MACHINE_SENDER.search(sender) is not None
    return machine or not _is_discussion(headers)


def _is_automatic(headers: Headers) -> bool:
    """RFC 3834's field, or Microsoft's in its widest form, which only programs write."""
    automatic = headers.token("auto-submitted")
    suppressed = headers.text("x-auto-response-suppress").lower()
    return (automatic not in ("", "no")) or "all" in suppressed.replace(",", " ").split()


def _is_discussion(headers: Headers) -> bool:
    posting = headers.text("list-post").lower()
    group = "x-google-group-id" in headers or "x-beenthere" in headers or "x-mailman-version" in headers
    answered = headers.text("in-reply-to") != "" and "list-unsubscribe-post" not in headers
    return (posting not in ("", "no") and "mailto:" in posting) or group or answered


def is_reply(headers: Headers, subject: str) -> bool:
    """Whether it answers another mail."""
    answers = headers.text("in-reply-to") or headers.text("references")
    return answers != "" or _REPLY_SUBJECT.match(subject) is not None


def is_bounce(root: Part, sender: str, subject: str) -> bool:
    """Whether the mail's own fields say that it is a delivery report."""
    headers = root.headers
    if "x-failed-recipients" in headers:
        return True
    if root.media_type == "multipart/report":
        return headers.parameter("content-type", "report-type").lower() in ("delivery-status", "")
    return _DAEMON.match(sender) is not None and _BOUNCE_SUBJECT.search(subject) is not None
