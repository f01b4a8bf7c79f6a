"""One view per generated file: every field is a finished string, a list, or a yes or no."""
