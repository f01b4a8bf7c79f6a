"""From the body of a request to the body of its answer: envelopes read, methods run. No I/O.

What the service says travels with status 200; what nobody is told, with 204; where there is no
room, with 503.
"""

import asyncio
import logging

from rpcgen_runtime import errors, jsonrpc
from rpcgen_runtime.dispatch import SUCCESS_NULL, Dispatcher
from rpcgen_runtime.http.heads import Known
from rpcgen_runtime.http.limits import HttpLimits
from rpcgen_runtime.messages import CALL, CAST, Failure, Reply, Request, Success
from rpcgen_runtime.telemetry import measures

log = logging.getLogger("rpcgen_runtime.http")


class Answers:
    """Answers the requests of one application."""

    def __init__(self, dispatcher: Dispatcher, limits: HttpLimits) -> None:
        self._dispatcher, self._limits = dispatcher, limits
        self._bounds = jsonrpc.Bounds(
            max_batch=limits.max_batch, max_depth=limits.max_depth, max_keys=limits.max_keys
        )
        self._measures = measures()
        self._has_warned = False

    async def answer(self, body: bytes, known: Known) -> tuple[int, bytes]:
        """Return the status and the body that a body is answered with."""
        if not body:
            failure = Failure(errors.PARSE_ERROR, "the body is empty")
            return 400, jsonrpc.encode_reply(b"null", failure)
        own = jsonrpc.decode_own(body, self._bounds) if known.is_ours else None
        if own is None:
            return await self._any(body, known)
        asked = self._asked(own, known)
        reply = asked if isinstance(asked, Failure) else await self._dispatcher.handle(asked)
        if isinstance(reply, Failure) and reply.code == errors.PARSE_ERROR:
            # Who says that it is one of ours, and writes otherwise, is read the long way.
            return await self._any(body, known)
        return self._single(own.id, reply)

    async def _any(self, body: bytes, known: Known) -> tuple[int, bytes]:
        envelope = jsonrpc.decode(body, self._bounds, is_ours=False)
        if envelope.is_batch:
            return await self._batch(envelope, known)
        item = envelope.items[0]
        return self._single(item.id, await self._one(item, known))

    def _single(self, request_id: bytes | None, reply: Reply) -> tuple[int, bytes]:
        status = 200
        if isinstance(reply, Failure) and reply.code == errors.OVERLOADED:
            status = 503
        if request_id is None:
            return (204 if status == 200 else status), b""
        return status, jsonrpc.encode_reply(request_id, self._within_limit(reply, 0))

    async def _batch(self, envelope: jsonrpc.Envelope, known: Known) -> tuple[int, bytes]:
        ids = [it.id for it in envelope.items if it.id is not None]
        if len(ids) > len(set(ids)):
            self._measures.duplicate_ids(len(ids) - len(set(ids)))
        replies = await asyncio.gather(*(self._one(it, known) for it in envelope.items))
        answers: list[bytes] = []
        size = 0
        for item, reply in zip(envelope.items, replies, strict=True):
            if item.id is not None:
                kept = self._within_limit(reply, size)
                answers.append(jsonrpc.encode_reply(item.id, kept))
                size += len(kept.result) if isinstance(kept, Success) else 0
        return (200, b"[" + b",".join(answers) + b"]") if answers else (204, b"")

    def _within_limit(self, reply: Reply, size: int) -> Reply:
        if isinstance(reply, Failure) or size + len(reply.result) <= self._limits.max_response:
            return reply
        return Failure(errors.RESPONSE_TOO_LARGE, "the response is too large; the method did run")

    async def _one(self, item: jsonrpc.Incoming | jsonrpc.Refused, known: Known) -> Reply:
        if isinstance(item, jsonrpc.Refused):
            return item.failure
        asked = self._asked(item, known)
        if isinstance(asked, Failure):
            return asked
        if asked.verb is CALL:
            return await self._dispatcher.handle(asked)
        return self._dispatcher.begin(asked) or SUCCESS_NULL

    def _asked(self, item: jsonrpc.Incoming, known: Known) -> Request | Failure:
        """Return what is asked for, or what is answered because the headers cannot be read."""
        told = known.told
        if isinstance(told, Failure):
            return told
        if item.id == b"null":
            self._warn_of_null()
        return Request(
            CALL if item.id is not None else CAST,
            item.name,
            item.params,
            told.version,
            told.deadline,
            told.message_id,
            told.data,
            told.traceparent,
            identity=known.identity,
        )

    def _warn_of_null(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "a client sends requests with the id null: it cannot tell its replies apart"
            )
