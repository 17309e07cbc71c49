"""Which addresses feeds may be at: decided before anything is connected to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx
import pytest

from services.errors import SourceError
from services.sources.news.guard import GuardedTransport, is_public

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.215.14",
    "168.63.129.15",
    "172.15.255.255",
    "172.32.0.0",
    "211.115.106.10",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "2001:4860:4860::8888",
]
REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "no address",
    "",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_hosts_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", REFUSED)
def test_private_local_shared_and_special_addresses_are_not(address: str) -> None:
    assert not is_public(address)


class Names:
    """Name servers that answer what they are told, and remember what they were asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.addresses


class Network(httpx.AsyncBaseTransport):
    """What the guard sends its requests to; addresses in `silent` take no connection."""

    def __init__(self, *silent: str) -> None:
        self.silent = silent
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.host in self.silent:
            raise httpx.ConnectError("no answer")
        return httpx.Response(200)


def outcome(url: str, names: Names, *allowed: str, network: Network | None = None) -> str:
    """`sent`, or why a request is not."""

    async def ask() -> str:
        transport = GuardedTransport(frozenset(allowed), names, network or Network())
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            try:
                await client.get(url)
            except SourceError as exc:
                return exc.code
            except (httpx.HTTPError, httpx.InvalidURL) as exc:
                return type(exc).__name__
        return "sent"

    return asyncio.run(ask())


@pytest.mark.parametrize("address", [address for address in REFUSED if address not in ("", "no address")])
def test_name_that_leads_to_a_refused_address_is_refused(address: str) -> None:
    names = Names(address)
    assert outcome("https://feeds.example/rss", names) == "refused_address"
    assert names.asked == [("feeds.example", 443)]


def test_one_refused_address_among_public_ones_is_enough() -> None:
    assert outcome("https://feeds.example/rss", Names("1.1.1.1", "10.0.0.1")) == "refused_address"


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/",
        "http://0x7f000001/",
        "http://017700000001/",
        "http://127.1/",
        "http://0177.0.0.1/",
        "http://0x7f.0.0.1/",
        "http://127.0.0.1./",
        "http://[::ffff:127.0.0.1]/",
        "http://１２７.0.0.1/",
        "http://1.1.1.1:22/",
        "http://feeds.example:6379/",
        "http://feeds.example:8501/",
        "https://feeds.example:25/",
        "http://feeds.example:0/",
        "ftp://feeds.example/rss",
        "file:///etc/passwd",
        "gopher://feeds.example/",
    ],
)
def test_address_that_is_wrong_by_itself_is_refused_before_any_name_is_asked_for(url: str) -> None:
    names = Names("1.1.1.1")
    assert outcome(url, names) in ("refused_address", "UnsupportedProtocol", "InvalidURL")
    assert names.asked == []


@pytest.mark.parametrize("port", [80, 443, 8080, 8443])
def test_usual_ports_may_be_asked(port: int) -> None:
    names = Names("1.1.1.1")
    assert outcome(f"http://feeds.example:{port}/", names) == "sent"
    assert names.asked == [("feeds.example", port)]


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111"])
def test_request_goes_to_the_checked_address_in_the_name_of_the_host(address: str) -> None:
    """So no second answer of a name server matters, and the certificate is still the host's."""
    names, network = Names(address), Network()
    assert outcome("https://Feeds.Example/a?b=c", names, network=network) == "sent"
    (request,) = network.requests
    assert request.url.host == address
    assert request.url.raw_path == b"/a?b=c"
    assert request.headers["host"] == "feeds.example"
    assert request.extensions["sni_hostname"] == "feeds.example"
    assert len(names.asked) == 1


def test_addresses_are_tried_in_turn_and_not_without_end() -> None:
    network = Network("1.1.1.1", "1.1.1.2")
    assert outcome("http://feeds.example/", Names("1.1.1.1", "1.1.1.2", "1.1.1.3"), network=network) == "sent"
    assert [request.url.host for request in network.requests] == ["1.1.1.1", "1.1.1.2", "1.1.1.3"]
    addresses = [f"1.1.1.{number}" for number in range(9)]
    network = Network(*addresses)
    assert outcome("http://feeds.example/", Names(*addresses), network=network) == "ConnectError"
    assert len(network.requests) == 3


def test_name_in_korean_is_asked_for_in_ascii() -> None:
    names, network = Names("1.1.1.1"), Network()
    assert outcome("http://뉴스.example/", names, network=network) == "sent"
    assert names.asked == [("xn--vg1b002a.example", 80)]
    assert network.requests[0].headers["host"] == "xn--vg1b002a.example"


@pytest.mark.parametrize(
    ("url", "allowed", "refused"),
    [
        ("http://10.0.0.1:9000/", "10.0.0.1", False),
        ("http://10.0.0.1:9000/", "10.0.0.1:9000", False),
        ("http://10.0.0.1:9001/", "10.0.0.1:9000", True),
        ("http://10.0.0.2:9000/", "10.0.0.1:9000", True),
        ("http://Intranet.Example./", "intranet.example", False),
        ("http://intranet.example/", "Intranet.Example", False),
        ("http://evil.intranet.example/", "intranet.example", True),
        ("http://[fd00::1]:9000/", "[fd00::1]:9000", False),
        ("http://[fd00::1]:9000/", "fd00::1", False),
        ("http://[fd00::1]:9001/", "[fd00::1]:9000", True),
    ],
)
def test_allowed_hosts_may_be_private_and_no_others(url: str, allowed: str, refused: bool) -> None:
    address = "fd00::1" if "[" in url else "10.0.0.1"
    assert outcome(url, Names(address), allowed) == ("refused_address" if refused else "sent")


@pytest.mark.parametrize("failure", [OSError("no such name"), UnicodeError("label too long")])
def test_unknown_name_has_its_own_reason(failure: Exception) -> None:
    class Broken(Names):
        async def __call__(self, host: str, port: int) -> Sequence[str]:
            raise failure

    assert outcome("http://feeds.example/", Broken()) == "unknown_host"
    assert outcome("http://feeds.example/", Names()) == "unknown_host"
