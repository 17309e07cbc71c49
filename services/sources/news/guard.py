"""Feeds are anybody's addresses, fetched from inside our network: only public hosts may be reached.

The transport resolves a host once, checks every address it got, and connects to exactly those, so that a name
which resolves differently a moment later changes nothing. It is asked for each hop of a redirect.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from services.errors import SourceRefused, SourceUnavailable

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

PORTS = frozenset({80, 443, 8080, 8443})
ADDRESSES_TRIED = 3

# Not public though Python, or some version of it, calls them global. Those that carry an IPv4 address inside
# are refused as a whole: what they lead to is decided by a router.
_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's host, seen from its machines
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.88.99.0/24",  # 6to4 relays
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64 of a site's own
        "2001::/23",  # protocol assignments; Teredo
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
_UNICAST_V6 = ipaddress.ip_network("2000::/3")
# Hosts that the system's resolver reads as one number, in any base, or as an IPv4 address cut short.
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE)

# Not the loop's own threads: those are waited for when a loop ends, however long a name server is silent.
_dns_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="feed-dns")


def is_public(address: str) -> bool:
    """Whether an IP address is some host on the internet: no private, local, shared or special one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip.version == 6 and ip not in _UNICAST_V6:  # leaves out mapped and compatible IPv4 too
        return False
    ours = any(ip in network for network in _REFUSED if network.version == ip.version)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ours)


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """The host's addresses, in the order in which the system would try them. Raises OSError, ValueError."""
    look_up = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_dns_threads, look_up)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends requests to public hosts only, and to `allowed_hosts` (`host` or `host:port`) wherever they are.

    Raises SourceRefused `refused_address`, SourceUnavailable `unknown_host`, and what httpx raises.
    """

    def __init__(
        self,
        allowed_hosts: frozenset[str],
        resolve: Resolve = resolve_host,
        network: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._allowed = frozenset(host.lower().rstrip(".") for host in allowed_hosts)
        self._resolve = resolve
        # A connection kept open would be used for other hosts of the same address, unverified.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._network = network or httpx.AsyncHTTPTransport(verify=_tls(), trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Try the host's addresses in turn."""
        addresses = await self._addresses(request.url)
        for address in addresses[:-1]:
            try:
                return await self._network.handle_async_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._network.handle_async_request(_pinned(request, addresses[-1]))

    async def aclose(self) -> None:
        await self._network.aclose()

    async def _addresses(self, url: httpx.URL) -> Sequence[str]:
        host = _host(url)
        port = {"http": 80, "https": 443}.get(url.scheme, 0) if url.port is None else url.port
        trusted = self._is_allowed(host, port)
        if url.scheme not in ("http", "https") or not host or not (trusted or _may_be_asked(host, port)):
            raise SourceRefused(f"feeds may not be at {url.scheme}://{host}:{port}", code="refused_address")
        try:
            addresses = (await self._resolve(host, port))[:ADDRESSES_TRIED]
        except (OSError, ValueError) as exc:
            raise SourceUnavailable(f"no address found for {host}", code="unknown_host") from exc
        if not addresses:
            raise SourceUnavailable(f"no address found for {host}", code="unknown_host")
        if not trusted and not all(map(is_public, addresses)):
            raise SourceRefused(f"{host} is not on the public internet", code="refused_address")
        return addresses

    def _is_allowed(self, host: str, port: int) -> bool:
        written = f"[{host}]" if ":" in host else host
        return not self._allowed.isdisjoint({host, written, f"{written}:{port}"})


def _host(url: httpx.URL) -> str:
    """As it is looked up: lower case, in ASCII, without the dot at the end."""
    return url.raw_host.decode("ascii").lower().strip("[]").rstrip(".")


def _may_be_asked(host: str, port: int) -> bool:
    if port not in PORTS:
        return False
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return is_public(host)  # all four numbers, in decimal, or nothing
    return True


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    """The request to exactly this address; the Host header and the certificate's name stay the host's."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": _host(request.url)},
    )


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificate authorities takes 20 ms."""
    return httpx.create_ssl_context(trust_env=False)
