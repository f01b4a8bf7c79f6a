"""The tour that `make demo` takes: seven steps, less than a minute, nothing left behind.

screen (what is printed, and how) · commands (other processes) -> steps, cloud_step -> __main__
"""
