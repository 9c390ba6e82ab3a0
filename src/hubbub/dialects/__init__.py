"""Protocols as pure functions: packets become commands, replies and pushes become packets."""
