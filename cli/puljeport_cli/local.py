"""Where a local cloud lives: one folder with its state, its logs and what it built. Nothing of it is outside."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from pydantic import BaseModel, ConfigDict, ValidationError

from puljeport_cli.failures import Failure
from puljeport_cli.processes import LOOPBACK, Process

STAGE = "local"
REGION = "eu-north-1"
"""The region of `samconfig.toml`'s section `local`."""

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
"""What the local cloud takes for the owner of its only account. No real account has such keys."""

ROOT_VARIABLE = "PULJEPORT_LOCAL"


class Ports(BaseModel):
    """The TCP ports of a local cloud, all on the loopback address."""

    model_config = ConfigDict(frozen=True)

    cloud: int
    smtp: int
    mail: int
    bridge: int


class State(BaseModel):
    """What `state.json` says: which processes belong to this local cloud, and what was deployed to it.

    `deployed` is the fingerprint of the sources of the last finished deployment, None when there was none since the
    cloud started (it keeps everything in memory). `certificate`: what to trust when the cloud speaks TLS.
    """

    ports: Ports
    enforce_iam: bool = False
    certificate: Path | None = None
    processes: dict[str, Process] = {}
    deployed: str | None = None

    @property
    def endpoint(self) -> str:
        """The address of every AWS service in this local cloud."""
        return f"{'https' if self.certificate else 'http'}://{LOOPBACK}:{self.ports.cloud}"

    @property
    def mail_page(self) -> str:
        """The mail catcher's web page."""
        return f"http://{LOOPBACK}:{self.ports.mail}/"

    @property
    def bridge(self) -> str:
        """The address of the bridge from SNS to mail."""
        return f"http://{LOOPBACK}:{self.ports.bridge}"

    def session(self) -> boto3.Session:
        """A session as the owner of the local cloud's account."""
        return boto3.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )

    def client(self, service: Any) -> Any:
        """A client of one service of this local cloud. It answers on this machine, so no proxy is asked."""
        config = Config(retries={"mode": "standard", "total_max_attempts": 3}, read_timeout=60, proxies={})
        trusted = str(self.certificate) if self.certificate else None
        return self.session().client(service, endpoint_url=self.endpoint, config=config, verify=trusted)


class Home:
    """The folder of one local cloud."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    @property
    def state_file(self) -> Path:
        """Where the state is kept."""
        return self.root / "state.json"

    @property
    def temporary(self) -> Path:
        """Where its processes keep what they need only while they run."""
        return self.root / "tmp"

    @property
    def build(self) -> Path:
        """Where `sam build` puts what it makes."""
        return self.root / "build"

    def log(self, name: str) -> Path:
        """The log of one process or step."""
        return self.root / "logs" / f"{name}.log"

    def state(self) -> State | None:
        """The state as last written; None when there is none, or one of another version of this program."""
        try:
            return State.model_validate_json(self.state_file.read_bytes())
        except (OSError, ValidationError):
            return None

    def save(self, state: State) -> None:
        """Write the state in one step, so that a reader never sees half of it."""
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / ".gitignore").write_text("*\n", encoding="utf-8")
        draft = self.state_file.with_suffix(".new")
        draft.write_text(state.model_dump_json(indent=2), encoding="utf-8")
        draft.replace(self.state_file)

    def running(self) -> State | None:
        """The state, when the local cloud's main process runs."""
        state = self.state()
        process = state.processes.get("cloud") if state else None
        return state if process and process.alive else None


def trusting(state: State) -> dict[str, str]:
    """What makes AWS's programs trust the local cloud's certificate, where it has one."""
    return {"AWS_CA_BUNDLE": str(state.certificate)} if state.certificate else {}


def checkout() -> Path:
    """The checkout that this command belongs to, else the one it was called in.

    Raises Failure when neither is one: the local cloud deploys the template of a checkout.
    """
    here = Path(__file__).resolve()
    for folder in (*here.parents, Path.cwd(), *Path.cwd().parents):
        if (folder / "template.yaml").is_file() and (folder / "samconfig.toml").is_file():
            return folder
    raise Failure("This needs a checkout of Puljeport (template.yaml): go to one and run it as `uv run puljeport …`.")


def home(root: Path | None) -> Home:
    """The folder given, that of PULJEPORT_LOCAL, or `.local` in the checkout."""
    named = root or os.environ.get(ROOT_VARIABLE)
    return Home(Path(named) if named else checkout() / ".local")


def isolated_environment() -> dict[str, str]:
    """The environment without the operator's own AWS settings, so that nothing local can reach a real account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULJEPORT_"))}
    exempt = [kept[name] for name in ("no_proxy", "NO_PROXY") if kept.get(name)][:1]
    direct = ",".join([*exempt, LOOPBACK, "localhost"])
    nowhere = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": REGION,
        "NO_PROXY": direct,
        "no_proxy": direct,
    }
    return kept | nowhere | CREDENTIALS
