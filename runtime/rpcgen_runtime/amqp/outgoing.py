"""What a server gives to a broker: replies, and messages that go into another queue.

What is published here is kept until its fate is known, and sent again where that is unknown; a
delivery that it settles is acknowledged then. Replies have a channel of their own: a queue without
a leader can hold up all that is published beside it. On the server's event loop.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from rpcgen_runtime.amqp.bulk import BulkPublisher
from rpcgen_runtime.amqp.connection import Access, Connection
from rpcgen_runtime.amqp.link import Link
from rpcgen_runtime.amqp.messages import AmqpError, Delivery, Message
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.amqp.publisher import Done, Fate, Publisher
from rpcgen_runtime.amqp.replies import encode_reply
from rpcgen_runtime.amqp.timers import Act, Timers
from rpcgen_runtime.amqp.wire import may_answer
from rpcgen_runtime.messages import Failure, Reply, Request
from rpcgen_runtime.telemetry import Measures
from rpcgen_runtime.url import Url

AGAIN = 0.5
"""Seconds until what could not be published is tried again, or handed out once more."""
LONGEST_PAUSE = 5.0
"""Seconds between two offers to a queue that takes nothing: from AGAIN on, doubled each time."""

log = logging.getLogger("rpcgen_runtime.amqp")


class Outgoing:
    """A server's publishing connection, and what has not left on it."""

    def __init__(
        self,
        url: Url,
        access: Access,
        options: AmqpOptions,
        measures: Measures,
        *,
        prefetch: int,
        timers: Timers,
        is_idle: Callable[[], bool],
        restore: Callable[[str], None],
    ) -> None:
        """Take whether nothing runs, and what is called with a queue that is not there."""
        self.link = Link(url.hosts, access, measures, "publishing")
        self._max_body = options.max_body
        self._timers, self._is_idle, self._restore = timers, is_idle, restore
        timeout = options.confirm_timeout
        # The broker hands out no more than it has room for: some of that room may wait for a word.
        self._replies = _Way(BulkPublisher(self.link, timeout, prefetch // 3))
        self._mover = Publisher(self.link, timeout, measures, is_spare=True)
        self._moves = _Way(self._mover)

    def start(self, changed: Callable[[], None]) -> None:
        """Begin to connect; `changed` is called as `Link.start` does."""
        self.link.start(self._prepare, lambda _: None, changed)

    async def close(self) -> None:
        """Disconnect; what was not confirmed is lost, and its deliveries come again."""
        self._replies.close()
        self._moves.close()
        await self.link.close()

    @property
    def is_ready(self) -> bool:
        """Whether a reply can leave now."""
        return self._replies.publisher.is_ready

    @property
    def left(self) -> int:
        """How many messages wait for the broker's word."""
        return self._replies.left + self._moves.left

    def pump(self) -> None:
        """Send what could not be sent before, as far as it can be now."""
        self._replies.pump()
        self._moves.pump()

    def answer(self, delivery: Delivery, reply: Reply, request: Request) -> None:
        """Send a reply; once the broker has it, or nobody waits for it, the request is done."""
        if request.deadline.passed():
            delivery.ack()
            return
        message = self._encoded(delivery.message, reply)

        def fated(fate: Fate) -> None:
            if fate is Fate.LOST:
                self._replies.defer(lambda: self.answer(delivery, reply, request))
            else:
                delivery.ack()

        self._replies.send(delivery.message.reply_to or "", message, fated)

    def refuse(self, delivery: Delivery, failure: Failure) -> None:
        """Tell a caller, if it is still there, that its call is not run; the call is done."""
        self.tell(delivery.message, failure)
        delivery.ack()

    def tell(self, message: Message, failure: Failure) -> None:
        """Tell who sent a message, where there is a way; what is lost then is not told again."""
        if may_answer(message):
            reply = self._encoded(message, failure)
            self._replies.send(message.reply_to or "", reply, lambda _: None)

    def move(
        self, delivery: Delivery, queue: str, message: Message, moved: Act = lambda: None
    ) -> None:
        """Put a message into another queue, then acknowledge it where it was.

        Where that queue takes nothing, the message is kept and offered again: to give it back would
        count as a delivery, and in the end the broker itself would move it there, and fail. `moved`
        is called when it is known to have worked, or not.
        """
        self._offer(delivery, queue, message, moved, AGAIN)

    def put_back(self, delivery: Delivery, queue: str, message: Message) -> None:
        """Put a message at the end of the queue that it came from, and acknowledge it there.

        Where that is full, it is given back: the broker has room for what it handed out.
        """

        def fated(fate: Fate) -> None:
            if fate is Fate.CONFIRMED:
                delivery.ack()
            else:
                self._mend(queue, fate)
                self._timers.later(AGAIN, delivery.give_back)

        self._moves.send(queue, message, fated)

    def _offer(
        self, delivery: Delivery, queue: str, message: Message, moved: Act, pause: float
    ) -> None:
        def fated(fate: Fate) -> None:
            if fate is Fate.CONFIRMED:
                moved()
                delivery.ack()
                return
            self._mend(queue, fate)
            if fate is Fate.LOST:
                # It may be there: who looks at it next will see that it was handed out before.
                self._timers.later(AGAIN, let_go)
                return
            if pause == AGAIN:
                log.warning("%s takes no message: what is to go there is kept", queue)
            self._timers.later(pause, again, hurried=let_go)

        def again() -> None:
            if delivery.channel.is_open:
                longer = min(LONGEST_PAUSE, pause * 2)
                self._offer(delivery, queue, message, moved, longer)
            else:
                let_go()

        def let_go() -> None:
            moved()
            delivery.give_back()

        self._moves.send(queue, message, fated)

    def _mend(self, queue: str, fate: Fate) -> None:
        if fate is Fate.RETURNED:
            self._restore(queue)
        elif fate is Fate.REFUSED:
            self._mover.renew()

    async def _prepare(self, connection: Connection) -> None:
        await self._replies.publisher.prepare(connection)
        await self._moves.publisher.prepare(connection)
        connection.send_at_once(self._is_idle)

    def _encoded(self, message: Message, reply: Reply) -> Message:
        return encode_reply(message, reply, max_body=self._max_body)


class _Way:
    """A channel out, and what has not left on it."""

    def __init__(self, publisher: Publisher | BulkPublisher) -> None:
        self.publisher = publisher
        self._unsent: deque[Act] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    @property
    def left(self) -> int:
        return len(self._unsent) + self.publisher.unconfirmed

    def send(self, queue: str, message: Message, fated: Done) -> None:
        """Publish into a queue; where that cannot be now, later."""
        if self.publisher.is_ready:
            try:
                self.publisher.put(queue, message, fated)
            except AmqpError:
                pass
            else:
                return
        self.defer(lambda: self.send(queue, message, fated))

    def defer(self, act: Act) -> None:
        """Act when something can leave, and not at once."""
        self._unsent.append(act)
        self._watch()

    def pump(self) -> None:
        for _ in range(len(self._unsent)):
            if self.publisher.is_ready:
                self._unsent.popleft()()

    def close(self) -> None:
        """Try no more; what the link loses when it closes after this is lost."""
        self._is_closed = True
        self.publisher.close()
        if self._timer is not None:
            self._timer.cancel()

    def _due(self) -> None:
        self._timer = None
        self.pump()
        if self._unsent:
            self._watch()

    def _watch(self) -> None:
        if self._timer is None and not self._is_closed:
            self._timer = asyncio.get_running_loop().call_later(AGAIN, self._due)
