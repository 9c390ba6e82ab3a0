"""`python -m hubbub` is `hubbub`."""

from hubbub.cli.main import main

main()
