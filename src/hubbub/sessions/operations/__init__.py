"""What clients ask for: a table of commands, and a file per subject."""
