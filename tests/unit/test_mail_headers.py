"""Header fields: encoded words, parameters, addresses."""

from __future__ import annotations

import pytest

from services.sources.gmail.addresses import read_addresses
from services.sources.gmail.headers import Headers, decode_words, lenient_base64, parameters
from services.sources.records import Address

WORDS = [
    ("plain", "plain"),
    ("=?utf-8?B?7JWI64WV?=", "안녕"),
    ("=?UTF-8?b?7JWI64WV?=", "안녕"),
    ("=?utf-8?Q?=EC=95=88=EB=85=95_a?=", "안녕 a"),
    ("=?utf-8*ko?B?7JWI64WV?=", "안녕"),
    ("=?euc-kr?B?vsiz5w==?= =?utf-8?B?7JWI64WV?=", "안녕안녕"),
    ("a =?utf-8?B?7JWI64WV?= b", "a 안녕 b"),
    ("a=?utf-8?B?7JWI64WV?=b", "a안녕b"),
    ('"=?utf-8?B?7JWI64WV?="', '"안녕"'),
    ("=?utf-8?B?7JWI?=   =?utf-8?B?64WV?=", "안녕"),
    ("=?utf-8?B?7JWI64WV", "안녕"),
    ("=?utf-8?B?7JWI64WV?", "안녕"),
    ("=?utf-8?B?7JWI64W?=", "안\ufffd"),
    ("=?utf-8?B?7J WI64 WV?=", "안녕"),
    ("=?utf-8?Q?really??=", "really?"),
    ("=?utf-8?Q?100=?=", "100"),
    ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
    ("=?utf-8?B??=", ""),
    ("=?bogus?B?7JWI64WV?=", "안녕"),
    ("=?NONE?B?VEVTVA=?=", "TEST"),
    ("=?=?=?", "=?=?=?"),
    ("=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?= =?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=", "テストテスト"),
    ("=?ks_c_5601-1987?B?jNA=?=", "뚸"),
]


@pytest.mark.parametrize(("value", "text"), WORDS)
def test_encoded_words_are_decoded_however_broken(value: str, text: str) -> None:
    assert decode_words(value) == text.replace("뚸", b"\x8c\xd0".decode("cp949"))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("text/plain; charset=utf-8", {"charset": "utf-8"}),
        ('text/plain; CHARSET="utf-8" ; format=flowed', {"charset": "utf-8", "format": "flowed"}),
        ("attachment; filename=This is a test.txt", {"filename": "This is a test.txt"}),
        ('attachment; filename="a;b\\"c.txt"', {"filename": 'a;b"c.txt'}),
        ('attachment; filename="never closed.txt', {"filename": "never closed.txt"}),
        ("attachment; filename*=UTF-8''%EA%B2%AC%EC%A0%81.pdf", {"filename": "견적.pdf"}),
        ("attachment; filename*=euc-kr'ko'%B0%DF%C0%FB.pdf", {"filename": "견적.pdf"}),
        (
            "attachment; filename*0*=utf-8''%EA%B2%AC; filename*1*=%EC%A0%81; filename*2=.pdf",
            {"filename": "견적.pdf"},
        ),
        ("attachment; filename*1=b; filename*0=a", {"filename": "ab"}),
        ("attachment; filename*0*=utf-8''%EA%B2; filename*1*=%AC.pdf", {"filename": "견.pdf"}),
        ("attachment; filename=x; filename*=utf-8''%EA%B2%AC", {"filename": "견"}),
        ('attachment; filename="=?utf-8?B?6rKs7KCB?=.pdf"', {"filename": "견적.pdf"}),
        ('attachment; filename="%EA%B2%AC%EC%A0%81.pdf"', {"filename": "견적.pdf"}),
        ('attachment; filename="100%.pdf"', {"filename": "100%.pdf"}),
        ("attachment; filename*99999999=x", {}),
        ("attachment; filename*=idna''a%20b", {"filename": "a b"}),
        ("attachment; ; =; x", {}),
        ("", {}),
    ],
)
def test_parameters_are_read_in_every_way_they_are_written(value: str, found: dict[str, str]) -> None:
    read = parameters(value)
    assert {name: text for name, text in read.items() if "*" not in name} == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a@b.kr", [("", "a@b.kr")]),
        ("Kim <K@Example.KR>", [("Kim", "k@example.kr")]),
        ('"Kim, Chulsoo" <k@e.kr>', [("Kim, Chulsoo", "k@e.kr")]),
        ("김철수, 부장 <k@e.kr>", [("김철수, 부장", "k@e.kr")]),
        ("a@b.kr, , Kim <k@e.kr>,", [("", "a@b.kr"), ("Kim", "k@e.kr")]),
        ("Team: Kim <k@e.kr>, a@b.kr;, c@d.kr", [("Kim", "k@e.kr"), ("", "a@b.kr"), ("", "c@d.kr")]),
        ("undisclosed-recipients:;", []),
        ("k@e.kr (Kim (the other) Chulsoo)", [("Kim the other Chulsoo", "k@e.kr")]),
        ("Kim (Sales <k@e.kr>", [("Kim (Sales", "k@e.kr")]),
        ("Big Bug bb@bug.com", [("Big Bug", "bb@bug.com")]),
        ("a@b.kr c@d.kr", [("", "a@b.kr")]),
        ("Mikel@Lindsaar <m@e.com>", [("Mikel@Lindsaar", "m@e.com")]),
        ("ceo@corp.com <attacker@evil.example>", [("ceo@corp.com", "attacker@evil.example")]),
        ('"Broken <k@e.kr>', [("Broken", "k@e.kr")]),
        ("Kim <k@e.kr", [("Kim", "k@e.kr")]),
        ("<@relay.example:k@e.kr>", [("", "k@e.kr")]),
        ("jdoe@test   . example", [("", "jdoe@test.example")]),
        ("<mailto:k@e.kr>", [("", "k@e.kr")]),
        ("=?utf-8?B?6rmA7LKg7IiYIDxrQGUua3I+?=", [("김철수", "k@e.kr")]),
        ('"=?utf-8?B?6rmA7LKg7IiY?=" <k@e.kr>', [("김철수", "k@e.kr")]),
        ("=?utf-8?Q?Kim,_Chulsoo?= <k@e.kr>", [("Kim, Chulsoo", "k@e.kr")]),
        ("'Kim' <k@e.kr>", [("Kim", "k@e.kr")]),
        ("Kim\u202eevil\u200b <k@e.kr>", [("Kimevil", "k@e.kr")]),
        ("jdöe@mächine.example", [("", "jdöe@mächine.example")]),
        ('"k@e.kr" <K@E.KR>', [("k@e.kr", "k@e.kr")]),
        ("<>", []),
        ("@", []),
        ("", []),
    ],
)
def test_addresses_are_found_as_people_write_them(value: str, found: list[tuple[str, str]]) -> None:
    spaced = [Address(" ".join(one.name.split()), one.email) for one in read_addresses(value)]
    assert spaced == [Address(*one) for one in found]


def test_fields_are_found_without_case_and_the_first_that_says_something_counts() -> None:
    headers = Headers([("SUBJECT", ""), ("Subject", "a\r\n b"), ("subject", "c"), ("X", b"\xc7\xd1\xb1\xdb")])
    assert headers.text("subject") == "a b"
    assert headers.text("x") == "한글"
    assert headers.text("missing") == ""
    assert "x" in headers
    assert "missing" not in headers


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("aGk=", b"hi"),
        ("aGk", b"hi"),
        ("aGk=aGk=", b"hihi"),
        ("a G\nk", b"hi"),
        ("-_-_", b"\xfb\xff\xbf"),
        ("+/+/", b"\xfb\xff\xbf"),
        ("aGkhX", b"hi!"),
        ("!", b""),
        ("", b""),
    ],
)
def test_base64_is_read_as_far_as_it_goes(text: str, data: bytes) -> None:
    assert lenient_base64(text) == data


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("=?utf-8?B?7JWI64W?= <a@b.example>", ""),
        ("\ufffd\ufffd <a@b.example>", ""),
        ("=?utf-8?B?7JWI64W?= <a@b.example> (Kim)", "Kim"),
        ("=?utf-8?B?7JWI64WV?= <a@b.example>", "안녕"),
    ],
)
def test_a_name_whose_bytes_were_lost_gives_way_to_the_address(field: str, name: str) -> None:
    assert read_addresses(field) == (Address(name, "a@b.example"),)
