"""What a contract may become: the record of each released minor, the rules of change, the ledger.

Stands on `language` and on nothing else of ours; only `ledger` reads and writes files.
"""
