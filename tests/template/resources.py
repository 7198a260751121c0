"""Finding one's way in a transformed template: what refers to what, and who is allowed what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

type Resource = dict[str, Any]


def of(resources: dict[str, Resource], kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a kind; never none, so that no rule holds for want of anything to hold for."""
    found = {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == kind}
    assert found, kind
    return found


def named(value: object) -> set[str]:
    """The logical ids and parameters that a value refers to by Ref, GetAtt or Sub, at any depth."""
    if isinstance(value, list):
        return {name for part in value for name in named(part)}
    if not isinstance(value, dict):
        return set()
    if "Ref" in value:
        return {value["Ref"]}
    if "Fn::GetAtt" in value:
        got = value["Fn::GetAtt"]
        return {got.split(".")[0] if isinstance(got, str) else got[0]}
    if isinstance(text := value.get("Fn::Sub"), str):
        return {name.split(".")[0] for name in re.findall(r"\$\{([A-Za-z0-9:.]+)\}", text)}
    return {name for part in value.values() for name in named(part)}


def flat(statements: object) -> Iterator[dict[str, Any]]:
    """The statements of a policy, on both sides of every condition."""
    for entry in many(statements):
        if "Fn::If" in entry:
            yield from flat([branch for branch in entry["Fn::If"][1:] if branch != {"Ref": "AWS::NoValue"}])
        else:
            yield entry


def documents(resource: Resource) -> Iterator[dict[str, Any]]:
    """The policy documents that a role or a resource policy holds, but for who may assume a role."""
    properties = resource["Properties"]
    if isinstance(properties.get("PolicyDocument"), dict):
        yield properties["PolicyDocument"]
    for policy in properties.get("Policies", []):
        yield policy["PolicyDocument"]


def many(value: object) -> list[Any]:
    """One or several, as a list."""
    return value if isinstance(value, list) else [value]


def allows(resource: Resource) -> Iterator[dict[str, Any]]:
    """The statements of a resource's policies that allow something."""
    for document in documents(resource):
        yield from (statement for statement in flat(document["Statement"]) if statement["Effect"] == "Allow")
