"""STOMP 1.0, 1.1 and 1.2.

`frames.py` reads and writes frames, however they are cut into messages. `conversation.py` is the state
machine of one connection, and `renderer.py` what all subscribers of one kind are shown. `requests.py` has
what frames ask and `answers.py` what one client is told; `introduction.py` is about versions, credentials and
heart-beats, `destinations.py` about where, `values.py` about bodies and headers.

Source: https://stomp.github.io/stomp-specification-1.2.html, -1.1.html and -1.0.html.
"""
