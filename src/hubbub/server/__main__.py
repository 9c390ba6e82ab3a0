"""Be a supervisor's worker: `python -m hubbub.server DESCRIPTOR`."""

import sys

from hubbub.server.worker import main

sys.exit(main(int(sys.argv[1])))
