"""The function `erase`."""
