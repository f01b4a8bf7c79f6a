"""AMQP 0-9-1 on RabbitMQ, through pika: Targets as queues, many machines, nothing lost.

pure    messages options · names arguments topology routes · bodies clocks wire replies moved
        frames inbox acks
broker  guard translation channel connection link publisher · entry iothread declare
        inspection letters
client  exchanges mailbox outlet · pending deadlines requests · client
server  subscriptions · timers outgoing · work undone intake · pulse server
"""
