"""Newsletters, mailing lists, replies and delivery reports."""

from __future__ import annotations

import pytest

from tests.unit.gmail_answers import multipart, part, read, read_parts

LIST = {"List-Id": "<team.example.kr>", "List-Unsubscribe": "<mailto:u@example.kr>", "Precedence": "list"}
POSTABLE = LIST | {"List-Post": "<mailto:team@example.kr>"}


@pytest.mark.parametrize(
    ("headers", "labels", "bulk"),
    [
        ({}, (), False),
        ({}, ("CATEGORY_PROMOTIONS",), True),
        ({}, ("CATEGORY_SOCIAL",), True),
        ({}, ("CATEGORY_PERSONAL", "IMPORTANT"), False),
        ({}, ("CATEGORY_UPDATES",), True),
        ({}, ("CATEGORY_FORUMS",), True),
        ({"List-Post": "<mailto:team@example.kr>"}, ("CATEGORY_FORUMS",), False),
        ({"List-Unsubscribe": "<https://e.kr/u>"}, (), True),
        ({"List-Unsubscribe": "<https://e.kr/u>", "List-Unsubscribe-Post": "One-Click"}, (), True),
        ({"List-Id": "News <news.e.kr>"}, (), True),
        ({"Precedence": "bulk"}, (), True),
        ({"Precedence": "junk"}, (), True),
        ({"Auto-Submitted": "auto-generated"}, (), True),
        ({"Auto-Submitted": "auto-replied; owner-email=x"}, (), True),
        ({"Auto-Submitted": "no"}, (), False),
        ({"X-Auto-Response-Suppress": "All"}, (), True),
        ({"X-Auto-Response-Suppress": "DR, OOF, AutoReply"}, (), False),
        ({"Feedback-ID": "1:2:3:x"}, (), True),
        (LIST, (), True),
        (POSTABLE, (), False),
        (LIST | {"X-Google-Group-Id": "123"}, (), False),
        (LIST | {"In-Reply-To": "<1@e.kr>"}, (), False),
        (LIST | {"In-Reply-To": "<1@e.kr>", "List-Unsubscribe-Post": "One-Click"}, (), True),
        (POSTABLE | {"Auto-Submitted": "auto-generated"}, (), True),
        (POSTABLE | {"Feedback-ID": "x"}, (), True),
        (POSTABLE | {"From": "notifications@github.example"}, (), True),
        (LIST | {"List-Post": "NO"}, (), True),
    ],
)
def test_what_a_machine_sent_to_many_is_told_from_a_colleagues_mail_to_a_list(
    headers: dict[str, str], labels: tuple[str, ...], bulk: bool
) -> None:
    mail = read_parts(part("text/plain", "x", headers={"From": "k@e.kr"} | headers), labelIds=list(labels))
    assert (mail.bulk, mail.labels) == (bulk, frozenset(labels))


@pytest.mark.parametrize(
    ("headers", "reply"),
    [
        ({"Subject": "회의"}, False),
        ({"Subject": "Re: 회의"}, True),
        ({"Subject": "RE: RE: 회의"}, True),
        ({"Subject": "Re[2]: 회의"}, True),
        ({"Subject": "RE：회의"}, True),
        ({"Subject": "AW: Treffen"}, True),
        ({"Subject": "회신: 회의"}, True),
        ({"Subject": "답장: 회의"}, True),
        ({"Subject": "[답장] 회의"}, True),
        ({"Subject": "[외부] Re: 회의"}, True),
        ({"Subject": "返信: 会議"}, True),
        ({"Subject": "Fwd: 회의"}, False),
        ({"Subject": "Regarding: x"}, False),
        ({"Subject": "Review: x"}, False),
        ({"Subject": "회의", "In-Reply-To": "<1@e.kr>"}, True),
        ({"Subject": "회의", "References": "<1@e.kr>"}, True),
        ({"Subject": "회의", "In-Reply-To": " "}, False),
    ],
)
def test_replies_are_known_by_their_fields_or_their_subject(headers: dict[str, str], reply: bool) -> None:
    assert read_parts(part("text/plain", "x", headers=headers)).is_reply is reply


def test_the_products_own_briefing_is_known() -> None:
    assert read(b"X-Briefing-Portal: 1\r\n\r\nx").own_briefing
    assert not read(b"Subject: X-Briefing-Portal: 1\r\n\r\nx").own_briefing


REPORT = {"Content-Type": "multipart/report; report-type=delivery-status"}
FIELDS = (
    "Reporting-MTA: dns; mx.e.kr\n\nFinal-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: 5.1.1\n"
)
HUMAN = part("text/plain", "Your message could not be delivered to kim@e.kr.")


def _status(recipient: str = "Kim@e.kr", action: str = "failed") -> str:
    return FIELDS.format(recipient=recipient, action=action)


AS_FIELDS = part(
    "message/delivery-status",
    body={"attachmentId": "x", "size": 90},
    parts=[
        part("text/plain", headers={"Reporting-MTA": "dns; mx.e.kr"}),
        part("text/plain", headers={"Final-Recipient": "rfc822; kim@e.kr", "Action": "failed"}),
    ],
)


@pytest.mark.parametrize(
    ("statuses", "headers", "bounce", "recipient"),
    [
        ([part("message/delivery-status", _status())], REPORT, True, "kim@e.kr"),
        ([AS_FIELDS], REPORT, True, "kim@e.kr"),
        ([part("message/delivery-status", _status("<kim@e.kr>", "delayed"))], REPORT, True, "kim@e.kr"),
        (
            [part("message/delivery-status", _status("lee@e.kr", "delivered") + "\n" + _status())],
            REPORT,
            True,
            "kim@e.kr",
        ),
        ([part("message/delivery-status", _status(action="delivered"))], REPORT, False, ""),
        (
            [part("message/delivery-status", "Original-Recipient: rfc822;kim@e.kr\n")],
            REPORT,
            True,
            "kim@e.kr",
        ),
        ([part("message/delivery-status", body={"attachmentId": "x"})], REPORT, True, "kim@e.kr"),
        ([part("message/delivery-status", _status())], {"List-Id": "<list.e.kr>"}, True, "kim@e.kr"),
        ([], REPORT | {"X-Failed-Recipients": "lee@e.kr"}, True, "lee@e.kr"),
        ([], {"Content-Type": "multipart/report; report-type=disposition-notification"}, False, ""),
        ([], {"From": "MAILER-DAEMON@e.kr", "Subject": "failure notice"}, True, "kim@e.kr"),
        ([], {"From": "postmaster@e.kr", "Subject": "배달되지 않음: 견적"}, True, "kim@e.kr"),
        ([], {"From": "postmaster@e.kr", "Subject": "점검 안내"}, False, ""),
        ([], {"From": "lee@e.kr", "Subject": "Undelivered parcels"}, False, ""),
    ],
)
def test_delivery_reports_are_known_and_say_whom_they_are_about(
    statuses: list[dict[str, object]], headers: dict[str, str], bounce: bool, recipient: str
) -> None:
    kind = headers.get("Content-Type", "multipart/mixed")
    mail = read_parts(part(kind, headers=headers, parts=[HUMAN, *statuses]))
    assert (mail.bounce, mail.failed_recipient) == (bounce, recipient)
    assert mail.text == "Your message could not be delivered to kim@e.kr."


def test_a_reports_original_is_no_attachment_and_an_automatic_report_is_not_bulk() -> None:
    original = part("message/rfc822", parts=[part("text/plain", "original", headers={"Subject": "x"})])
    report = multipart("report", HUMAN, AS_FIELDS, original, **{"Auto-Submitted": "auto-replied"})
    mail = read_parts(report)
    assert (mail.bounce, mail.bulk, mail.attachment_count) == (True, False, 0)
