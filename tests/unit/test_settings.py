"""Settings name what is wrong with them."""

from __future__ import annotations

import pytest

from puljeport.errors import ConfigError
from puljeport.settings import IntakeSettings, NotifySettings, load


def test_settings_are_read_from_the_environment() -> None:
    """Each setting has a variable of its own name."""
    environment = {"TABLE": "table", "DOCUMENTS_BUCKET": "documents", "MAX_UPLOAD_BYTES": "5"}
    settings = load(IntakeSettings, {f"PULJEPORT_{name}": value for name, value in environment.items()})
    assert (settings.table, settings.documents_bucket, settings.max_upload_bytes) == ("table", "documents", 5)


def test_what_is_missing_and_what_is_wrong_is_named_with_its_value() -> None:
    """All faults at once, each with the variable's name and what stands in it."""
    with pytest.raises(ConfigError, match=r"PULJEPORT_TABLE is not set.*PULJEPORT_MAX_UPLOAD_BYTES has value 'ten'"):
        load(IntakeSettings, {"PULJEPORT_MAX_UPLOAD_BYTES": "ten"})
    with pytest.raises(ConfigError, match="PULJEPORT_NOTICES_TOPIC_ARN has value 'notices'"):
        load(NotifySettings, {"PULJEPORT_TABLE": "table", "PULJEPORT_NOTICES_TOPIC_ARN": "notices"})
