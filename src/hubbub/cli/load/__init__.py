"""The load client of `hubbub bench`: many connections, a stream of publications, and a strict account."""
