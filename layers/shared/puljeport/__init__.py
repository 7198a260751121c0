"""Puljeport: takes in applications for grant pools.

The package is layered (see docs/architecture.md): a pure core (`calls`, `fields`, `rules`, `applications`,
`submissions`, `notices`), use cases that read top to bottom (`intake`, `delivery`, `publish`), adapters that alone
know AWS (`store`, `uploads`, `mail`), and `readers`/`blanks`, which alone know file formats.
"""
