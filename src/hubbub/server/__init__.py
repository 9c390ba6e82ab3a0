"""Processes: sockets, workers and their supervisor."""
