"""What goes with the template: where it is deployed to, and what the layer holds."""

from __future__ import annotations

import re
import tomllib

from template.transformed import TEMPLATE, source

ROOT = TEMPLATE.parent
STAGES = ("local", "dev", "staging", "prod")


def test_every_stage_is_deployed_as_itself() -> None:
    """Each section of samconfig.toml deploys a stack of its own name with parameters that the template knows."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    parameters = source()["Parameters"]
    assert tuple(name for name in config if name != "version") == STAGES
    for stage in STAGES:
        deploy = config[stage]["deploy"]["parameters"]
        given = dict(pair.split("=", 1) for pair in deploy["parameter_overrides"])
        assert deploy["stack_name"] == deploy["s3_prefix"] == f"puljeport-{stage}"
        assert given["Stage"] == stage
        assert set(given) <= set(parameters), stage
        assert {"Stage", "Architecture"} <= set(given), stage


def test_no_change_of_a_kept_stage_goes_unseen() -> None:
    """Where real applications are, somebody looks at the changes before they are made."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    assert all(config[stage]["deploy"]["parameters"]["confirm_changeset"] for stage in ("staging", "prod"))


def test_no_account_is_named() -> None:
    """No AWS account's number stands in what is published."""
    for name in ("samconfig.toml", "template.yaml", "Makefile"):
        assert not re.search(r"\b\d{12}\b", (ROOT / name).read_text(encoding="utf-8")), name


def test_s19_the_layer_is_pinned_by_hash() -> None:
    """Every requirement of the layer is one version with its hashes, and boto3 is left to Lambda's runtime."""
    text = (ROOT / "layers/shared/requirements.txt").read_text(encoding="utf-8")
    lines = text.replace("\\\n", " ").splitlines()
    pins = [line for line in lines if line and not line.lstrip().startswith("#")]
    assert len(pins) > 5
    for pin in pins:
        assert re.match(r"^[a-z0-9-]+==[^ ]+( ; [^-]+)? +--hash=sha256:[0-9a-f]{64}", pin), pin
    assert not {pin.split("==")[0] for pin in pins} & {"boto3", "botocore", "s3transfer"}


def test_s19_the_layer_is_built_with_its_hashes() -> None:
    """The layer's build refuses a file whose hash is not the locked one, and compiles nothing from source."""
    build = (ROOT / "layers/shared/Makefile").read_text(encoding="utf-8")
    install = build[build.index("pip install") : build.index("-r requirements.txt")]
    for option in ("--require-hashes", "--no-deps", "--only-binary :all:"):
        assert option in install.replace("\\\n\t  ", " "), option


def test_the_layer_leaves_out_what_no_function_imports() -> None:
    """What the layer's build leaves out is what import-linter keeps the functions from importing."""
    build = (ROOT / "layers/shared/Makefile").read_text(encoding="utf-8")
    (left_out,) = re.findall(r"^AT_THE_DESK := (.+)$", build, re.MULTILINE)
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    (desk,) = (contract for contract in contracts if "puljeport.publish" in contract.get("forbidden_modules", []))
    forbidden = {name for name in desk["forbidden_modules"] if name.startswith("puljeport.")}
    assert {f"puljeport.{name.removesuffix('.py')}" for name in left_out.split()} == forbidden
