"""`puljeport demo`: the whole job on this machine, from an empty folder to records and e-mails."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from puljeport import definitions, notices
from puljeport.calls import Call, Stage
from puljeport.notices import Notice, Status
from puljeport.submissions import State, Submission, submission_id
from puljeport_cli import call as calls
from puljeport_cli import cloud, demo_answers, form, local, mailbox, screen, submissions
from puljeport_cli import stack as stacks
from puljeport_cli.failures import Code
from puljeport_cli.fill import fill_docx
from puljeport_cli.local import STAGE, checkout
from puljeport_cli.mailbox import Mail
from puljeport_cli.stack import Stack, Target

PATIENCE_SECONDS = 180
POOL = "medborgerskab-2018"
SECOND_POOL = "frivillig-faellesskaber-2027"
GOOD = "Ansøgning fra Århus Kommune.docx"
FAULTY = "Ærø – 1. udkast (med fejl).docx"


@dataclass(frozen=True)
class Outcome:
    """What became of one uploaded form: its record, who was to be told, and the mails that arrived about it."""

    submission: Submission | None
    notices: list[Notice]
    mails: list[Mail]


def demo(
    ctx: typer.Context,
    timeout: Annotated[int, typer.Option(help="Seconds to wait for records and e-mails.")] = PATIENCE_SECONDS,
) -> None:
    """Show the whole system: start, deploy, publish two calls, upload two forms, and print what became of them."""
    target: Target = ctx.obj
    home = local.home(target.root)
    state = cloud.up(home, screen.step)
    stack = stacks.find(Target(STAGE, home.root), quiet=True)
    with screen.step("Publish both calls"):
        pool = publish(stack)
    seen = max((mail.id for mail in mailbox.mails(state)), default=0)
    with screen.step("Fill in the form twice, once with mistakes, and upload both"):
        uploaded = {
            name: upload(stack, pool, name, fill_docx(blank(stack, pool), answers))
            for name, answers in ((GOOD, demo_answers.GOOD), (FAULTY, demo_answers.FAULTY))
        }
    with screen.step("Wait until both are read and everybody is told"):
        outcomes = wait(stack, pool, list(uploaded.values()), seen, timeout)
    good, faulty = outcomes
    report(stack, good, faulty, seen)
    show_where_next(stack, target, good)
    if missing := unmet(pool, good, faulty):
        for expectation in missing:
            screen.error(expectation)
        raise typer.Exit(Code.ERRORS)


def publish(stack: Stack) -> Call:
    """Publish both calls, the first one open for another month. Gives the first as it was published."""
    folder = checkout() / "calls"
    first = calls.publish_path(stack, folder / POOL, opens="now", deadline="+30d")
    announced = definitions.load(folder / SECOND_POOL).call.stage(stacks.now()) is Stage.ANNOUNCED
    calls.publish_path(stack, folder / SECOND_POOL, opens="now" if announced else None)
    return first.published.call


def blank(stack: Stack, pool: Call) -> bytes:
    """The Danish form as it was published, fetched as an applicant would."""
    published = stack.store.current_call(pool.id)
    version = published.version if published else 1
    key = f"calls/{pool.id}/v{version}/ansoegningsskema.docx"
    answer = stack.client("s3").get_object(Bucket=stack.output("DocumentsBucketName"), Key=key)
    return bytes(answer["Body"].read())


def upload(stack: Stack, pool: Call, name: str, data: bytes) -> str:
    """Put a form in the bucket like `aws s3 cp` does. Gives the id that its submission will have."""
    bucket, key = stack.output("UploadsBucketName"), f"incoming/{pool.id}/{name}"
    client = stack.client("s3")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "form.docx"
        file.write_bytes(data)
        client.upload_file(str(file), bucket, key)
    version = client.head_object(Bucket=bucket, Key=key)["VersionId"]
    return submission_id(bucket, key, version)


def wait(stack: Stack, pool: Call, ids: list[str], seen: int, seconds: float) -> list[Outcome]:
    """Wait until every submission is concluded and told of, or the time is over. Gives what there is then."""

    def outcomes() -> list[Outcome]:
        return [outcome(stack, identity, seen) for identity in ids]

    return until(outcomes, lambda found: all(settled(pool, each) for each in found), seconds)


def until[T](look: Callable[[], T], enough: Callable[[T], bool], seconds: float) -> T:
    """Look again and again until it is enough or the time is over; what was seen last."""
    deadline = time.monotonic() + seconds
    while not enough(found := look()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def outcome(stack: Stack, identity: str, seen: int) -> Outcome:
    """What became of a submission so far. `seen`: the last mail that was there before."""
    submission = stack.store.submission(identity)
    if submission is None or stack.local is None:
        return Outcome(submission, [], [])
    told = stack.store.notices(identity)
    mails = [mail for mail in mailbox.mails(stack.local, seen) if submission.reference in mail.subject]
    return Outcome(submission, told, mails)


def settled(pool: Call, found: Outcome) -> bool:
    """Whether nothing more is to be expected."""
    concluded = found.submission is not None and not found.submission.pending
    return concluded and not _untold(pool, found)


def unmet(pool: Call, good: Outcome, faulty: Outcome) -> list[str]:
    """What should have happened and did not, as sentences."""
    expected = {GOOD: (good, State.ACCEPTED), FAULTY: (faulty, State.NEEDS_CORRECTION)}
    found = []
    for name, (each, state) in expected.items():
        if each.submission is None:
            found.append(f"'{name}' has no record. See `puljeport logs` and `puljeport status`.")
        elif each.submission.state is not state:
            found.append(f"'{name}' is {each.submission.state}, not {state}.")
        else:
            found += [f"'{name}': {fault}" for fault in _untold(pool, each)]
    return found


def _untold(pool: Call, found: Outcome) -> list[str]:
    """What is wrong with the messages about a submission: rows not sent, mails that did not arrive, or came twice."""
    unsent = [
        f"{notice.audience} was not told ({notice.status})"
        for notice in found.notices
        if notice.status is not Status.SENT
    ]
    address = {contact.id: contact.email for contact in pool.contacts}
    wanted = Counter(
        (address[notice.audience], notices.message(notice).subject)
        for notice in found.notices
        if notice.audience in address
    )
    arrived = Counter((mail.recipient, mail.subject) for mail in found.mails)
    wrong = [f"{arrived[mail]} mails to {mail[0]}: {mail[1]}" for mail in wanted if arrived[mail] != wanted[mail]]
    return unsent + wrong if wanted else ["nobody was to be told"]


def report(stack: Stack, good: Outcome, faulty: Outcome, seen: int) -> None:
    """Print what happened: the records, the problems and the e-mails."""
    records = [each.submission for each in (good, faulty) if each.submission]
    submissions.show_table("What came in", records)
    if good.submission and good.submission.replaces and (earlier := stack.store.submission(good.submission.replaces)):
        screen.say(f"{good.submission.reference} replaces the same applicant's {earlier.reference}, as the call says.")
    if faulty.submission:
        form.show_problems(f"What is wrong with {faulty.submission.reference}", faulty.submission.problems, "da")
    arrived = mailbox.mails(stack.local, seen) if stack.local else []
    screen.table("E-mails that arrived", ("to", "subject"), [(mail.recipient, mail.subject) for mail in arrived])


def show_where_next(stack: Stack, target: Target, good: Outcome) -> None:
    """Print the addresses and commands with which to look further."""
    command = f"{_program()} --root {target.root}" if target.root else _program()
    shown = good.submission.reference if good.submission else "REFERENCE"
    lines = {
        "all e-mails": stack.local.mail_page if stack.local else "",
        "one submission": f"{command} submissions show {shown}",
        "its history": f"{command} submissions history {shown}",
        "everybody's state": f"{command} status",
        "the functions' logs": f"{command} logs --follow",
        "upload your own": f"{command} call blank calls/{POOL} -o skema.docx, fill it in, then "
        f"AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws --region {local.REGION} "
        f"--endpoint-url {stack.local.endpoint if stack.local else ''} "
        f"s3 cp skema.docx s3://{stack.output('UploadsBucketName')}/incoming/{POOL}/",
        "stop it": f"{command} down" if target.root else f"make down (or {command} down)",
    }
    screen.say("\n[bold]Where to look further[/]")
    for name, line in lines.items():
        screen.say(f"  {name:<20} {screen.quote(line)}")


def _program() -> str:
    """How this command was called, short where it lies below the working directory."""
    program = Path(sys.argv[0])
    if program.name != "puljeport":
        return "puljeport"
    return str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else str(program)
