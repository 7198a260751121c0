"""The template as CloudFormation gets it: SAM's shorthand written out, offline.

As a program it writes that as JSON for the linters: `python tests/template/transformed.py > transformed.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


def source() -> dict[str, Any]:
    """The template as it is written, short intrinsics (`!Ref`) in their long form."""
    return dict(yaml_parse(TEMPLATE.read_text(encoding="utf-8")))


def transformed() -> dict[str, Any]:
    """The template after the transform `AWS::Serverless`. It names no managed policy, so none has to be looked up."""
    template = source()
    # What `sam build` puts in place of the folders.
    for resource in template["Resources"].values():
        place = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
        if name := place.get(resource["Type"]):
            resource["Properties"][name] = {"Bucket": "built", "Key": "built"}
    function = template["Globals"]["Function"]
    function.pop("CodeUri")
    session = boto3.Session(region_name="eu-north-1")
    return dict(Translator({}, Parser(), boto_session=session).translate(template, parameter_values={}))


if __name__ == "__main__":
    json.dump(transformed(), sys.stdout, indent=1)
