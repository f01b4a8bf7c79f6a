"""The command line: one module a command. Nothing else prints or exits.

Exit codes: 0 done, 1 findings, 2 wrong usage, 3 a bug of ours; from 10 on what a call came to
(`endings`). `live` is what they need to talk to a server without generated code.
"""
