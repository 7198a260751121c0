"""The command line itself: options anywhere, failures as one line, files announced as S3 does."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from puljeport.submissions import State, Submission
from puljeport.uploads import announcement, arrivals
from puljeport_cli import deployment, stack
from puljeport_cli.failures import Code, explain, hoisted
from puljeport_cli.main import app

WORDS = st.lists(st.sampled_from(["call", "list", "--json", "x", "--stage=dev", "--call"]))


@given(WORDS, st.integers(min_value=0))
def test_the_stage_may_stand_anywhere(words: list[str], where: int) -> None:
    """Wherever `--stage prod` is put, it comes first, and the other words keep their order."""
    at = where % (len(words) + 1)
    found = hoisted([*words[:at], "--stage", "prod", *words[at:]], {"--stage"})
    own = [word for word in words if word.startswith("--stage=")]
    rest = [word for word in words if not word.startswith("--stage=")]
    assert sorted(found[: len(own) + 2]) == sorted([*own, "--stage", "prod"])
    assert found[len(own) + 2 :] == rest


def test_after_a_double_dash_nothing_is_an_option() -> None:
    """What follows `--` is left as it is."""
    assert hoisted(["a", "--", "--stage", "x"], {"--stage"}) == ["a", "--", "--stage", "x"]


@given(
    key=st.text(min_size=1, max_size=60).map(lambda name: f"incoming/samvaer-2018/{name}"),
    version=st.sampled_from(["null", "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"]),
)
def test_a_replay_announces_exactly_the_stored_object(key: str, version: str) -> None:
    """Whatever characters the key has, intake reads the very same bucket, key and version from the message."""
    stored = submission(key=key, version_id=version)
    (told,) = arrivals(announcement(stored.arrival))
    assert (told.bucket, told.key) == (stored.bucket, stored.key)
    assert (told.version_id or "null") == version


def submission(**changes: object) -> Submission:
    """A concluded submission."""
    fields = {
        "id": "a" * 26, "reference": "SAM-0000-0000", "call": "samvaer-2018", "state": State.ACCEPTED,
        "bucket": "b", "key": "incoming/samvaer-2018/a", "version_id": "v",
        "received_at": datetime(2026, 1, 1, tzinfo=UTC), "recorded_at": datetime(2026, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    return Submission.model_validate(fields | changes)


def test_what_aws_refuses_is_said_in_one_line() -> None:
    """The service's code, its words and the operation; exit code 3."""
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetItem")
    assert explain(error) == (Code.FAILED, "AWS refused GetItem: AccessDenied: no")


def test_without_a_local_cloud_the_command_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing runs and nothing was named: one line with both ways out, exit code 3."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("PULJEPORT_STAGE", raising=False)
    outcome = CliRunner().invoke(app, ["call", "list", "--root", str(tmp_path)])
    assert outcome.exit_code == 3
    assert "puljeport up" in outcome.stderr
    assert "--stage" in outcome.stderr


def test_a_profile_without_a_stage_never_falls_back_to_the_local_cloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who set AWS_PROFILE means AWS: the stage has to be named."""
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.delenv("PULJEPORT_STAGE", raising=False)
    outcome = CliRunner().invoke(app, ["call", "list", "--root", str(tmp_path)])
    assert outcome.exit_code == 3
    assert "AWS_PROFILE is set" in outcome.stderr


def test_documents_that_are_there_already_are_not_written_again() -> None:
    """Putting the same bytes twice writes once; other bytes write again."""
    client = Bucket()
    documents = stack.DocumentsBucket(client, "b")
    for data in (b"one", b"one", b"two"):
        documents.put("calls/x/v1/guide.md", data, "text/markdown")
    assert client.written == [b"one", b"two"]


class Bucket:
    """An S3 client that remembers what was put."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self._etag: str | None = None

    def head_object(self, **_: str) -> dict[str, str]:
        """The last object's tag, or S3's answer for none."""
        if self._etag is None:
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")
        return {"ETag": self._etag}

    def put_object(self, *, Body: bytes, **_: str) -> None:  # noqa: N803 - boto3's own name
        """Keep an object."""
        self.written.append(Body)
        self._etag = f'"{hashlib.md5(Body, usedforsecurity=False).hexdigest()}"'


def test_any_change_of_what_is_deployed_is_noticed(tmp_path: Path) -> None:
    """A changed, a new and a renamed source give another fingerprint; a compiled file does not."""
    (tmp_path / "functions").mkdir()
    (tmp_path / "layers").mkdir()
    for name in ("template.yaml", "samconfig.toml", "functions/app.py"):
        (tmp_path / name).write_text("a", encoding="utf-8")
    seen = {deployment.fingerprint(tmp_path)}
    (tmp_path / "functions" / "__pycache__").mkdir()
    (tmp_path / "functions" / "__pycache__" / "app.pyc").write_bytes(b"x")
    assert deployment.fingerprint(tmp_path) in seen
    (tmp_path / "functions" / "app.py").write_text("b", encoding="utf-8")
    seen.add(deployment.fingerprint(tmp_path))
    (tmp_path / "layers" / "new.py").write_text("", encoding="utf-8")
    seen.add(deployment.fingerprint(tmp_path))
    (tmp_path / "layers" / "new.py").rename(tmp_path / "layers" / "renamed.py")
    seen.add(deployment.fingerprint(tmp_path))
    assert len(seen) == 4
