from __future__ import annotations

from hubbub.hub.queues.consumer import Consumer


def test_a_consumer_has_so_many_messages() -> None:
    ready = True
    consumer = Consumer(lambda _: None, lambda: ready, acks=True, prefetch=2)
    assert consumer.room == 2
    consumer.held[7] = 77
    assert consumer.room == 1
    ready = False
    assert consumer.room == 0


def test_an_offset_means_it_or_all_that_were_given_before() -> None:
    consumer = Consumer(lambda _: None, lambda: True, acks=True, prefetch=9)
    consumer.held = dict.fromkeys((3, 1, 2), 77)
    assert consumer.upto(1, alone=True) == [1]
    assert consumer.upto(1, alone=False) == [3, 1]
    assert consumer.upto(9, alone=False) == []
    assert consumer.has(3, 77)
    assert consumer.has(3, 0)
    assert not consumer.has(3, 78)  # the queue was born again meanwhile
    assert not consumer.has(9, 77)
