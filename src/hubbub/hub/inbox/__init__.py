"""Every user's inbox: messages that wait, cursors of devices, what is unread, and what nobody acknowledged.

An inbox is the channel `#` and the user's name. Sending is one append to it, whether or not anybody is there;
nothing here asks whether a user is online.
"""
