"""Blanks: from a call's definition to a form to download and fill in, one module per file format.

Made at the operator's desk when a call is published, never in a function: they may use what a function does not carry.
"""
