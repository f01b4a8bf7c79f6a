"""Services of the demo contracts, and the tour that `make demo` takes through them."""
