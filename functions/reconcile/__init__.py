"""The function `reconcile`."""
