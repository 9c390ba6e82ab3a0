"""Sockets: bytes from and to the network."""
