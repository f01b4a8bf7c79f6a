"""AMQP 0-9-1 on RabbitMQ, through pika: Targets as queues, many machines, nothing lost.

topology, wire, options (pure) · guard → connection → link → publisher → client, server
"""
