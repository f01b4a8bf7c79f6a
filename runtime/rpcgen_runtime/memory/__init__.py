"""Client and server in one process: real encoding, real rules, no network.

hub (who is there, and whose turn it is) → client, server
"""
