"""Other systems' messages, brought into channels."""
