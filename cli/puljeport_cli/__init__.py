"""The operator's command `puljeport`, and the local cloud behind `make demo`."""
