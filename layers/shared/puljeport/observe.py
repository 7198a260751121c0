"""What functions tell of themselves: JSON log lines, metrics and traces, none with personal data.

Powertools reads its own variables (service name, namespace, level) from the environment, set in the template.
Exceptions are logged by type and place, never by text: a text can quote the input.
"""

from __future__ import annotations

import traceback

from aws_lambda_powertools import Logger, Metrics, Tracer

from puljeport.aws import describe


def logger() -> Logger:
    """The function's logger. One JSON object a line; times in UTC."""
    return Logger(utc=True, log_uncaught_exceptions=False)


def metrics() -> Metrics:
    """The function's metrics (CloudWatch embedded metric format)."""
    return Metrics(namespace="Puljeport")


def tracer() -> Tracer:
    """The function's tracer. It runs only where Lambda traces."""
    return Tracer(patch_modules=("botocore",))


def fault(error: BaseException) -> dict[str, str]:
    """What may be said of an error: its type, the service's code, and the line of ours that it passed through."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "?"
    return {"error": describe(error), "at": place}
