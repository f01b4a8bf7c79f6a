"""Services that nobody here wrote, called through contracts that describe them."""
