"""`python -m rpcgen`: the same as the command, which Unix knows another program by."""

import sys

from rpcgen.cli.main import main

sys.exit(main())
