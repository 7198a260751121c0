"""Pages: reading a printed form by where its texts stand, in a process of its own.

Laying a page out is what a hostile file can keep the PDF engine busy with for ever. So nothing here is called by the
readers directly: `readers.printed` starts `python child.py`, which has hard limits on time, memory and files, and
knows no secret. Only the standard library and the engine are imported, so that the child starts quickly.
"""
