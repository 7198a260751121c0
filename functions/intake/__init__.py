"""The function `intake`."""
