"""Checking a form before it is sent: the same reading as when it is sent, and nothing is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from puljeport.applications import Reading
from puljeport.errors import Unreadable
from puljeport.items import PublishedCall
from puljeport.problems import problem
from puljeport.rawforms import RawForm
from puljeport.store import Store
from puljeport.versions import read_by_version


@dataclass(frozen=True, slots=True)
class Checking:
    """What checking works with. `read` turns bytes into raw fields; `log` hears of errors that are not the file's."""

    store: Store
    read: Callable[[bytes, str], RawForm]
    log: Callable[[BaseException], None]

    def check(self, published: PublishedCall, data: bytes, name: str) -> Reading:
        """What a file would be read as, were it sent now. Raises nothing for whatever the file holds."""
        try:
            return self._read(published, data, name)
        except Unreadable as error:
            return Reading({}, (error.problem,))
        except Exception as error:  # noqa: BLE001 - as when it is sent: a file must not break its reader
            self.log(error)
            return Reading({}, (problem("check_failed"),))

    def _read(self, published: PublishedCall, data: bytes, name: str) -> Reading:
        raw = self.read(data, name)
        earlier = None
        if raw.version not in (None, published.version) and raw.call in (None, published.call.id):
            earlier = self.store.call_version(published.call.id, raw.version or 0)
        return read_by_version(published.call, published.version, earlier.call if earlier else None, raw)
