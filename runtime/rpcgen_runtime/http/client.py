"""HTTP clients, sync and async: which host is asked, and what to do when it is not there.

Another host is asked at once where this one has not executed the request; whether to try again
what may have been executed, and after which pause, the caller decides.
"""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from rpcgen_runtime.errors import NoServer, OutcomeUnknown, Overloaded, RpcError, Unreachable
from rpcgen_runtime.http.exchange import Answer, Post, is_refusal, refused
from rpcgen_runtime.http.hosts import Hosts
from rpcgen_runtime.messages import Reach, Reply, Request, Verb
from rpcgen_runtime.telemetry.peers import Peer
from rpcgen_runtime.transport import AsyncTransport, ClientSettings, Transport
from rpcgen_runtime.url import UNIX, Url

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

MAX_THREADS = 16
"""In which a sync client reaches all hosts at once."""


class _Poster(Protocol):
    def post(self, post: Post, url: str) -> Answer: ...

    def close(self) -> None: ...


class _AsyncPoster(Protocol):
    async def post(self, post: Post, url: str) -> Answer: ...

    async def close(self) -> None: ...


class _Http:
    """What both clients do alike; no I/O."""

    def __init__(self, url: Url) -> None:
        self._shown = f"{UNIX}://{url.socket}" if url.scheme == UNIX else ""
        addresses = [(str(it), url.at(it)) for it in url.hosts]
        self._hosts = Hosts(addresses or [("localhost", self._shown)])
        self._ids = itertools.count(1)
        # The library closes by and by: what is asked of it meanwhile might still be sent.
        self._is_closed = False

    def _ready(self, request: Request, number: int | None) -> tuple[Post, Sequence[str]]:
        """Return what is to be posted, and the addresses to try in their order."""
        if self._is_closed:
            raise Unreachable(f"the transport is closed: `{request.name}`")
        target = request.target
        server = None if target is None else target.server
        named = self._hosts.named(server)
        if named is None:
            return Post.of(request, number), self._hosts.in_order(server)
        assert target is not None, "it has a server"
        elsewhere = request._replace(target=replace(target, server=None))
        return Post.of(elsewhere, number), [named]

    def _failed(self, error: RpcError, address: str) -> None:
        """Raise an error after which no other host may be asked."""
        if isinstance(error, Unreachable):
            self._hosts.failed(address)
        elif not isinstance(error, NoServer | Overloaded):
            raise error


def _is_for_all(request: Request) -> bool:
    is_one_meant = request.target is not None and request.target.server is not None
    return request.verb in {Verb.FANOUT, Verb.EVENT} and not is_one_meant


def _worst(failures: Sequence[RpcError]) -> RpcError:
    """Return what the caller is told when no host has taken it: what may change comes first."""
    return next((it for it in failures if isinstance(it, Unreachable | Overloaded)), failures[-1])


def _reach(answers: Sequence[tuple[str, Answer | RpcError]], post: Post) -> Reach:
    """Return whom a message to all hosts has reached. Raises where it was nobody."""
    servers: list[str] = []
    missed: dict[str, RpcError] = {}
    for address, answer in answers:
        try:
            if isinstance(answer, RpcError):
                raise answer
            post.check_taken(answer, address)
            servers.append(answer.server or address)
        except RpcError as error:
            missed[address] = error
    if not servers:
        unknown = [it for it in missed.values() if isinstance(it, OutcomeUnknown)]
        raise unknown[0] if unknown else _worst(list(missed.values()))
    return Reach(tuple(servers), missed)


class HttpTransport(_Http, Transport):
    """`http://`, `https://` and `http+unix://` for sync clients."""

    def __init__(self, url: Url, settings: ClientSettings) -> None:
        _Http.__init__(self, url)
        Transport.__init__(self, settings, _peer(url))
        self._poster = _poster(url, settings)
        self._everybody = _Everybody(self._poster, url)

    def call(self, request: Request) -> Reply:
        """See Transport."""
        post, addresses = self._ready(request, next(self._ids))
        failures: list[RpcError] = []
        for address in addresses:
            try:
                answer = self._poster.post(post, address)
                self._hosts.answered(address, answer.server)
                reply = post.reply(answer, address)
                if not is_refusal(reply):
                    return reply
                failures.append(refused(503, address))
            except RpcError as error:
                self._failed(error, address)
                failures.append(error)
        raise _worst(failures)

    def send(self, request: Request) -> Reach:
        """See Transport."""
        post, addresses = self._ready(request, None)
        if len(addresses) > 1 and _is_for_all(request):
            return _reach(self._everybody.send(post, addresses), post)
        failures: list[RpcError] = []
        for address in addresses:
            try:
                answer = self._poster.post(post, address)
                self._hosts.answered(address, answer.server)
                return _reach([(address, answer)], post)
            except RpcError as error:
                self._failed(error, address)
                failures.append(error)
        raise _worst(failures)

    def close(self) -> None:
        """See Transport."""
        self._is_closed = True
        self._everybody.close()
        self._poster.close()


class AsyncHttpTransport(_Http, AsyncTransport):
    """`http://`, `https://` and `http+unix://` for async clients."""

    def __init__(self, url: Url, settings: ClientSettings) -> None:
        _Http.__init__(self, url)
        AsyncTransport.__init__(self, settings, _peer(url))
        self._poster = _async_poster(url, settings)
        self._everybody = _AsyncEverybody(self._poster, url)

    async def call(self, request: Request) -> Reply:
        """See AsyncTransport."""
        post, addresses = self._ready(request, next(self._ids))
        failures: list[RpcError] = []
        for address in addresses:
            try:
                answer = await self._poster.post(post, address)
                self._hosts.answered(address, answer.server)
                reply = post.reply(answer, address)
                if not is_refusal(reply):
                    return reply
                failures.append(refused(503, address))
            except RpcError as error:
                self._failed(error, address)
                failures.append(error)
        raise _worst(failures)

    async def send(self, request: Request) -> Reach:
        """See AsyncTransport."""
        post, addresses = self._ready(request, None)
        if len(addresses) > 1 and _is_for_all(request):
            return _reach(await self._everybody.send(post, addresses), post)
        failures: list[RpcError] = []
        for address in addresses:
            try:
                answer = await self._poster.post(post, address)
                self._hosts.answered(address, answer.server)
                return _reach([(address, answer)], post)
            except RpcError as error:
                self._failed(error, address)
                failures.append(error)
        raise _worst(failures)

    async def close(self) -> None:
        """See AsyncTransport."""
        self._is_closed = True
        self._everybody.close()
        await self._poster.close()


class _Everybody:
    """Posts to all hosts at once, each in a thread."""

    def __init__(self, poster: _Poster, url: Url) -> None:
        self._poster = poster
        self._threads = _threads() if len(url.hosts) > 1 else None

    def send(self, post: Post, addresses: Sequence[str]) -> Sequence[tuple[str, Answer | RpcError]]:
        assert self._threads is not None, "there are several hosts"
        return list(self._threads.map(self._send_to, itertools.repeat(post), addresses))

    def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown()

    def _send_to(self, post: Post, address: str) -> tuple[str, Answer | RpcError]:
        try:
            return address, self._poster.post(post, address)
        except RpcError as error:
            return address, error


class _AsyncEverybody:
    """Posts to all hosts at once, each in a task."""

    def __init__(self, poster: _AsyncPoster, _url: Url) -> None:
        self._poster = poster

    async def send(
        self, post: Post, addresses: Sequence[str]
    ) -> Sequence[tuple[str, Answer | RpcError]]:
        # Imported here: a sync client does without, and starts faster.
        from asyncio import gather

        return await gather(*(self._send_to(post, it) for it in addresses))

    def close(self) -> None:
        """Hold nothing."""

    async def _send_to(self, post: Post, address: str) -> tuple[str, Answer | RpcError]:
        try:
            return address, await self._poster.post(post, address)
        except RpcError as error:
            return address, error


def _peer(url: Url) -> Peer:
    """Return what is known of the other side before it is asked."""
    if url.scheme == UNIX:
        return Peer(transport="unix", address=url.socket)
    if len(url.hosts) > 1:
        return Peer(transport="tcp")
    return Peer(transport="tcp", address=url.hosts[0].name, port=url.hosts[0].port)


def _threads() -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(MAX_THREADS, "rpcgen-fanout")


def _poster(url: Url, settings: ClientSettings) -> _Poster:
    # Imported here: each kind of client has no use for the other's.
    from rpcgen_runtime.http.sockets import Sockets

    return Sockets(url, settings)


def _async_poster(url: Url, settings: ClientSettings) -> _AsyncPoster:
    from rpcgen_runtime.http.streams import Streams

    return Streams(url, settings)
