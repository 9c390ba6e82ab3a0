"""Connections that are requests: what waits meanwhile, and how a request finds its session on any node."""
