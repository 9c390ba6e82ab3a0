"""The Socket.IO protocol, revision 5, spoken by the clients of Socket.IO 3 and 4.

`packets.py` reads and writes packets, and puts binary attachments back where they belong.
"""
