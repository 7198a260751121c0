"""Checking a form before it is sent: the same reading as when it is sent, and nothing is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from puljeport.applications import Reading
from puljeport.documents import Documents
from puljeport.errors import Unreadable
from puljeport.items import PublishedCall
from puljeport.problems import problem
from puljeport.rawforms import RawForm
from puljeport.readers import PRINTED
from puljeport.store import Store
from puljeport.versions import read_by_version


@dataclass(frozen=True, slots=True)
class Checking:
    """What checking works with. `read` turns bytes into raw fields, `read_printed` a print and the call's blanks; `log`
    hears of errors that are not the file's."""

    store: Store
    documents: Documents
    read: Callable[[bytes, str], RawForm]
    read_printed: Callable[[bytes, Sequence[bytes]], RawForm]
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
        raw = self._raw(published, data, name)
        earlier = self._earlier(published, raw)
        return read_by_version(published.call, published.version, earlier.call if earlier else None, raw)

    def _raw(self, published: PublishedCall, data: bytes, name: str) -> RawForm:
        try:
            return self.read(data, name)
        except Unreadable as error:
            if error.problem.code != PRINTED:
                raise
        raw = self._printed(published, data)
        earlier = self._earlier(published, raw)
        return self._printed(earlier, data) if earlier else raw

    def _printed(self, published: PublishedCall, data: bytes) -> RawForm:
        return self.read_printed(data, self.documents.blanks(published.call.id, published.version))

    def _earlier(self, published: PublishedCall, raw: RawForm) -> PublishedCall | None:
        if raw.version in (None, published.version) or raw.call not in (None, published.call.id):
            return None
        return self.store.call_version(published.call.id, raw.version or 0)
