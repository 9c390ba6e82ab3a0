"""Queues: channels of which each message goes to one consumer, whichever node that is on.

A queue is an ordinary channel, with its log, its permissions and its history; what is new is who has which of
its messages. `claims.py` keeps that in records, `possession.py` is what one node has, `queue.py` hands
messages out there, and `queues.py` knows the queues of the node.
"""
