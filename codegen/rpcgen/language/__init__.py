"""What the language is and means; usable without the rest of the compiler.

source → diagnostics → syntax → parse → load → resolve → model
"""
