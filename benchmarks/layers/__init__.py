"""What each layer of a call costs: `python -m benchmarks.layers`.

layer (which function belongs where) → meter (counts) and clock (times), over roads → profile →
table, budget (what the tests hold)
"""
