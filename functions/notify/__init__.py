"""The function `notify`."""
