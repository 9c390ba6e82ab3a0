"""The Centrifuge protocol, spoken by the Centrifuge SDKs.

`conversation.py` is what both codings share: the state machine of one connection. `requests.py` has what a
client asks and `results.py` what it is answered, as values; a coding turns them into bytes and back.
`json.py` is the JSON coding; another one goes beside it and changes nothing here.
"""
