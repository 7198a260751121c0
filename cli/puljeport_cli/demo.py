"""`puljeport demo`: the whole job on this machine, from an empty folder to records and e-mails."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from puljeport import definitions, letters
from puljeport.calls import Call, Stage
from puljeport.notices import APPLICANT, OPERATIONS, Notice, Status
from puljeport.submissions import State, Submission
from puljeport_cli import call as calls
from puljeport_cli import cloud, demo_answers, form, local, mailbox, screen, submissions
from puljeport_cli import stack as stacks
from puljeport_cli.demo_days import Days
from puljeport_cli.demo_uploads import until, upload
from puljeport_cli.failures import Code
from puljeport_cli.fill import Answers, fill_docx
from puljeport_cli.fill_sheets import fill_csv, fill_xlsx
from puljeport_cli.fillpdf import fill_pdf
from puljeport_cli.local import STAGE, checkout
from puljeport_cli.mailbox import Mail
from puljeport_cli.stack import Stack, Target

PATIENCE_SECONDS = 180
POOL = "medborgerskab-2018"
SECOND_POOL = "frivillig-faellesskaber-2027"
GOOD = "Ansøgning fra Århus Kommune.docx"
FAULTY = "Ærø – 1. udkast (med fejl).docx"
TOLD = {Status.SENT, Status.HELD, Status.GATHERED}
"""What has become of a message that nothing is wrong with: what a contact wants in a digest, or what is more than a
handful at once, waits for its like."""
SAMPLES = Path(__file__).parent / "samples"
"""Two of the filled-in forms as LibreOffice saved them, so that showing them does not need it."""


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
    """Show the whole system: start, deploy, publish two calls, upload forms of every kind, print the outcome."""
    target: Target = ctx.obj
    home = local.home(target.root)
    state = cloud.up(home, screen.step)
    stack = stacks.find(Target(STAGE, home.root), quiet=True)
    with screen.step("Publish both calls"):
        pool = publish(stack)
    seen = max((mail.id for mail in mailbox.mails(state)), default=0)
    with screen.step("Fill in the form as Word, PDF, Excel, OpenDocument, CSV and JSON, and upload all of them"):
        files = forms(stack, pool)
        uploaded = {name: upload(stack, pool.id, name, data) for name, data in files.items()}
    with screen.step("Wait until all are read and everybody is told"):
        found = wait(stack, pool, list(uploaded.values()), seen, timeout)
    outcomes = dict(zip(uploaded, found, strict=True))
    days = Days(stack, pool, max((mail.id for mail in mailbox.mails(state)), default=0))
    days.live()
    report(stack, pool, outcomes, seen)
    days.report()
    show_where_next(stack, target, outcomes)
    if missing := unmet(pool, outcomes) + days.unmet:
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


def forms(stack: Stack, pool: Call) -> dict[str, bytes]:
    """One application of seven municipalities, each as another kind of file, and one with mistakes; by file name."""
    good, faulty = demo_answers.GOOD, demo_answers.FAULTY
    docx = blank(stack, pool, "docx")
    return {
        GOOD: fill_docx(docx, good),
        FAULTY: fill_docx(docx, faulty),
        "Odense.pdf": fill_pdf(blank(stack, pool, "pdf"), good | {"municipality": "Odense"}),
        "Aalborg.xlsx": fill_xlsx(blank(stack, pool, "xlsx"), good | {"municipality": "Aalborg"}),
        "Esbjerg.csv": fill_csv(blank(stack, pool, "csv"), good | {"municipality": "Esbjerg"}),
        "Vejle.json": _as_json(pool, good | {"municipality": "Vejle"}),
        "Randers.odt": (SAMPLES / "Randers.odt").read_bytes(),
        "Kolding.ods": (SAMPLES / "Kolding.ods").read_bytes(),
    }


def _as_json(pool: Call, answers: Answers) -> bytes:
    return json.dumps({"call": pool.id, "values": answers}, ensure_ascii=False).encode()


def blank(stack: Stack, pool: Call, ending: str) -> bytes:
    """The Danish form as it was published, fetched as an applicant would."""
    published = stack.store.current_call(pool.id)
    version = published.version if published else 1
    key = f"calls/{pool.id}/v{version}/ansoegningsskema.{ending}"
    answer = stack.client("s3").get_object(Bucket=stack.output("DocumentsBucketName"), Key=key)
    return bytes(answer["Body"].read())


def wait(stack: Stack, pool: Call, ids: list[str], seen: int, seconds: float) -> list[Outcome]:
    """Wait until every submission is concluded and told of, or the time is over. Gives what there is then."""

    def outcomes() -> list[Outcome]:
        return [outcome(stack, identity, seen) for identity in ids]

    return until(outcomes, lambda found: all(settled(pool, each) for each in found), seconds)


def outcome(stack: Stack, identity: str, seen: int) -> Outcome:
    """What became of a submission so far. `seen`: the last mail that was there before."""
    submission = stack.store.submission(identity)
    if submission is None or stack.local is None:
        return Outcome(submission, [], [])
    told = stack.outbox.of_submission(identity)
    mails = [mail for mail in mailbox.mails(stack.local, seen) if submission.reference in mail.subject]
    return Outcome(submission, told, mails)


def settled(pool: Call, found: Outcome) -> bool:
    """Whether nothing more is to be expected."""
    concluded = found.submission is not None and not found.submission.pending
    return concluded and not _untold(pool, found)


def unmet(pool: Call, outcomes: dict[str, Outcome]) -> list[str]:
    """What should have happened and did not, as sentences."""
    found = []
    for name, each in outcomes.items():
        state = State.NEEDS_CORRECTION if name == FAULTY else State.ACCEPTED
        if each.submission is None:
            found.append(f"'{name}' has no record. See `puljeport logs` and `puljeport status`.")
        elif each.submission.state is not state:
            found.append(f"'{name}' is {each.submission.state}, not {state}.")
        elif name != FAULTY and not same(outcomes[GOOD], each):
            found.append(f"'{name}' was read as another application than '{GOOD}'.")
        else:
            found += [f"'{name}': {fault}" for fault in _untold(pool, each)]
    return found


def same(one: Outcome, other: Outcome) -> bool:
    """Whether two forms were read as the same application, but for who applies."""
    return _answers(one) == _answers(other) != {}


def _answers(found: Outcome) -> dict[str, Any]:
    values = found.submission.values if found.submission else {}
    return {name: value for name, value in values.items() if name != "municipality"}


def _untold(pool: Call, found: Outcome) -> list[str]:
    """What is wrong with the messages about a submission: rows not sent, mails that did not arrive, or came twice.

    What is held for a digest or a summary is as it should be.
    """
    unsent = [
        f"{notice.audience} was not told ({notice.status})" for notice in found.notices if notice.status not in TOLD
    ]
    sent = [notice for notice in found.notices if notice.status is Status.SENT and notice.audience != OPERATIONS]
    wanted = Counter(_addressed(pool, found, notice) for notice in sent)
    arrived = Counter((mail.recipient, mail.subject) for mail in found.mails)
    wrong = [f"{arrived[mail]} mails to {mail[0]}: {mail[1]}" for mail in wanted if arrived[mail] != wanted[mail]]
    return unsent + wrong if found.notices else ["nobody was to be told"]


def _addressed(pool: Call, found: Outcome, notice: Notice) -> tuple[str, str]:
    """To whom a message goes, and under which subject."""
    if notice.audience == APPLICANT and found.submission:
        letter = letters.to_applicant(notice, found.submission, pool, letters.Links(), None)
        return found.submission.email or "", letter.subject
    address = {contact.id: contact.email for contact in pool.contacts}
    return address[notice.audience], letters.to_contact(notice, letters.Links()).subject


def report(stack: Stack, pool: Call, outcomes: dict[str, Outcome], seen: int) -> None:
    """Print what happened: the records, whether they agree, the problems and the e-mails."""
    records = [each.submission for each in outcomes.values() if each.submission]
    submissions.show_table("What came in", records)
    rows = [
        (name, each.submission.format or "", len(_answers(each)), "yes" if same(outcomes[GOOD], each) else "no")
        for name, each in outcomes.items()
        if each.submission and name != FAULTY
    ]
    columns = ("file", "read as", "answers", "the same application")
    screen.table("One application, seven kinds of file", columns, rows)
    good, faulty = outcomes[GOOD].submission, outcomes[FAULTY].submission
    if good and good.replaces and (earlier := stack.store.submission(good.replaces)):
        screen.say(f"{good.reference} replaces the same applicant's {earlier.reference}, as the call says.")
    if faulty:
        form.show_problems(f"What is wrong with {faulty.reference}", faulty.problems, "da")
    arrived = mailbox.mails(stack.local, seen) if stack.local else []
    screen.table("E-mails that arrived", ("to", "subject"), [(mail.recipient, mail.subject) for mail in arrived])
    told = Counter((notice.audience, notice.status) for each in outcomes.values() for notice in each.notices)
    mailboxes = [
        (contact.email, told[contact.id, Status.SENT], told[contact.id, Status.HELD])
        for contact in pool.contacts
        if any(audience == contact.id for audience, _ in told)
    ]
    screen.table("Who was told", ("contact", "at once", "held for its digest, or a summary"), mailboxes)


def show_where_next(stack: Stack, target: Target, outcomes: dict[str, Outcome]) -> None:
    """Print the addresses and commands with which to look further."""
    command = f"{_program()} --root {target.root}" if target.root else _program()
    shown, wrong = (
        each.submission.reference if each.submission else "REFERENCE" for each in (outcomes[GOOD], outcomes[FAULTY])
    )
    lines = {
        "the applicants' portal": stack.portal,
        "all e-mails": stack.local.mail_page if stack.local else "",
        "one submission": f"{command} submissions show {shown}",
        "its history": f"{command} submissions history {shown}",
        "the faulty one, marked": f"{command} submissions returned {wrong} -o rettes.docx",
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
        screen.say(f"  {name:<22} {screen.quote(line)}")


def _program() -> str:
    """How this command was called, short where it lies below the working directory."""
    program = Path(sys.argv[0])
    if program.name != "puljeport":
        return "puljeport"
    return str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else str(program)
