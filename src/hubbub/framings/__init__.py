"""Envelopes around a dialect's packets, where a protocol has one of its own."""
