"""Who may do what in the template that is deployed, and how what is stored and sent is protected."""

from __future__ import annotations

import re

import roles
from template.resources import Resource, allows, flat, many, named, of


def denies_without_tls(resources: dict[str, Resource], kind: str, target: str) -> set[str]:
    """The resources that policies of `kind` close to everybody who comes without TLS; `target` names them in it."""
    closed = set[str]()
    for properties in of(resources, kind).values():
        for statement in flat(properties["PolicyDocument"]["Statement"]):
            if (
                statement["Effect"] == "Deny"
                and statement["Principal"] == "*"
                and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
                and named(properties[target]) == named(statement["Resource"])
            ):
                closed |= named(properties[target])
    return closed


# -- S15: permissions ------------------------------------------------------------------------------------------------


def test_s15_every_function_has_a_role_of_its_own(resources: dict[str, Resource]) -> None:
    """No two functions share a role, none has a policy of AWS's making, and only Lambda may assume them."""
    roles = list[str]()
    for function in of(resources, "AWS::Lambda::Function").values():
        roles += named(function["Role"])
    assert sorted(roles) == sorted(of(resources, "AWS::IAM::Role"))
    for name, role in of(resources, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role, name
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}, name


def test_s15_nothing_is_allowed_widely_without_a_reason(resources: dict[str, Resource]) -> None:
    """Whatever is allowed names its actions and its resource, or its statement's reason stands in `Wildcards`."""
    for name, resource in resources.items():
        reasons = resource.get("Metadata", {}).get("Wildcards", {})
        wide = {
            statement["Sid"]
            for statement in allows(resource)
            if "*" in many(statement.get("Resource"))
            or any("*" in action for action in many(statement["Action"]))
            or statement.get("Principal") == "*"
        }
        assert wide == set(reasons), name
        assert all(len(reason.split()) >= 5 for reason in reasons.values()), name


ERASING = {"s3:DeleteObjectVersion", "dynamodb:DeleteItem"}
"""What erasing takes: the role of one function has it, and no other."""


def test_s15_no_function_may_delete_or_administer_but_the_one_that_erases(resources: dict[str, Resource]) -> None:
    """Functions only read, add and change what is theirs; one deletes, and only objects' versions and items."""
    for name, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Role":
            actions = {action for statement in allows(resource) for action in many(statement["Action"])}
            assert actions, name
            for action in actions - {"sqs:DeleteMessage"} - (ERASING if name == "EraseRole" else set()):
                assert not re.search(r":(Delete|Create(?!LogStream)|Tag|PutBucket|Attach|Pass)", action), (name, action)


def test_s15_erasing_reaches_no_blank_no_guide_and_no_definition(resources: dict[str, Resource]) -> None:
    """What may be deleted are uploads, returned copies and exports; never an item in a call's partition."""
    deletes = {
        action: statement
        for statement in allows(resources["EraseRole"])
        for action in many(statement["Action"])
        if action in ERASING
    }
    assert deletes.keys() == ERASING
    assert [resource["Fn::Sub"] for resource in deletes["s3:DeleteObjectVersion"]["Resource"]] == [
        "${UploadsBucket.Arn}/incoming/*", "${DocumentsBucket.Arn}/returned/*", "${DocumentsBucket.Arn}/exports/*",
    ]  # fmt: skip
    keys = deletes["dynamodb:DeleteItem"]["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert set(keys) == {"SUB#*", "REFERENCE#*", "APPLICANT#*", "ADDRESS#*", "DRAFT#*"}


def test_s15_services_write_only_for_this_account(resources: dict[str, Resource]) -> None:
    """A service that a policy lets in must come on behalf of this account, or of one resource of this template."""
    let_in = 0
    for name, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Role":
            continue
        for statement in allows(resource):
            assert set(statement["Principal"]) == {"Service"}, name
            condition = statement["Condition"]
            own = condition.get("StringEquals") == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
            source = named(condition.get("ArnEquals"))
            assert own or (source and source <= set(resources)), name
            let_in += 1
    assert let_in


# -- S16: what is stored and sent ------------------------------------------------------------------------------------


def test_s16_buckets_are_closed_versioned_encrypted_and_logged(resources: dict[str, Resource]) -> None:
    """No bucket can be public, none loses a version, all are encrypted, and who fetched what is written down."""
    buckets = of(resources, "AWS::S3::Bucket")
    logs = {name for bucket in buckets.values() for name in named(bucket.get("LoggingConfiguration"))}
    assert len(logs) == 1
    for name, bucket in buckets.items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4, name
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}], name
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, name
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"], name
        assert "LoggingConfiguration" in bucket or name in logs, name


def test_s16_buckets_queues_and_topics_speak_only_tls(resources: dict[str, Resource]) -> None:
    """Whoever comes to a bucket, a queue or a topic without TLS is refused, whatever else they may do."""
    for kind, policy, target in (
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ):
        assert denies_without_tls(resources, policy, target) == set(of(resources, kind)), kind


def test_s16_queues_are_encrypted(resources: dict[str, Resource]) -> None:
    """Messages at rest are encrypted by SQS."""
    for name, queue in of(resources, "AWS::SQS::Queue").items():
        assert queue["SqsManagedSseEnabled"] is True, name


def test_no_lifecycle_rule_takes_an_upload(resources: dict[str, Resource]) -> None:
    """Only unfinished uploads and access logs ever expire: a version of a form is a submission's identity."""
    for name, bucket in of(resources, "AWS::S3::Bucket").items():
        if "LoggingConfiguration" in bucket:
            for rule in bucket["LifecycleConfiguration"]["Rules"]:
                assert set(rule) == {"Id", "Status", "AbortIncompleteMultipartUpload"}, name


# -- S15: every action of a role is accounted for --------------------------------------------------------------------


def test_s15_a_role_may_do_what_is_shown_to_be_needed_and_nothing_more(resources: dict[str, Resource]) -> None:
    """Each action is one that the local cloud shows to be needed, or that AWS documents for the role's own trigger."""
    for name, needed in roles.SHOWN.items():
        allowed = {action for statement in allows(resources[name]) for action in many(statement["Action"])}
        assert (
            allowed
            == needed | roles.NOT_FOUND.get(name, set()) | roles.LAMBDA_ITSELF.get(name, set()) | roles.EVERY_FUNCTION
        ), name


KEYS = {
    ("IntakeRole", "dynamodb:GetItem"): {"CALL#*", "SUB#*", "APPLICANT#*", "ERASED#*"},
    ("IntakeRole", "dynamodb:PutItem"): {"SUB#*", "REFERENCE#*", "APPLICANT#*"},
    ("IntakeRole", "dynamodb:UpdateItem"): {"SUB#*"},
    ("PortalRole", "dynamodb:GetItem"): {"CALL#*", "SUB#*", "DRAFT#*"},
    ("PortalRole", "dynamodb:Query"): {"CALL#*", "SUB#*", "CALLS"},
    ("PortalRole", "dynamodb:PutItem"): {"SUB#*", "APPLICANT#*", "DRAFT#*"},
    ("PortalRole", "dynamodb:UpdateItem"): {"SUB#*", "ALLOWANCE#*"},
    ("PortalRole", "dynamodb:ConditionCheckItem"): {"ERASED#*"},
    ("IntakeRole", "dynamodb:ConditionCheckItem"): {"APPLICANT#*", "ERASED#*"},
    ("NotifyRole", "dynamodb:GetItem"): {"SUB#*", "CALL#*"},
    ("NotifyRole", "dynamodb:UpdateItem"): {"SUB#*", "CALL#*", "PACE#*"},
    ("TickRole", "dynamodb:GetItem"): {"CALL#*", "SUB#*"},
    ("TickRole", "dynamodb:Query"): {"CALL#*", "CALLS", "HELD#*", "SUB#*"},
    ("TickRole", "dynamodb:PutItem"): {"CALL#*", "SUB#*"},
    ("TickRole", "dynamodb:UpdateItem"): {"SUB#*"},
    ("FeedbackRole", "dynamodb:GetItem"): {"SUB#*", "CALL#*"},
    ("FeedbackRole", "dynamodb:PutItem"): {"SUB#*", "ADDRESS#*"},
    ("FeedbackRole", "dynamodb:UpdateItem"): {"SUB#*"},
    ("ReconcileRole", "dynamodb:GetItem"): {"SUB#*", "CALL#*", "RECONCILE"},
    ("ReconcileRole", "dynamodb:BatchGetItem"): {"SUB#*", "ERASED#*"},
    ("ReconcileRole", "dynamodb:Query"): {"CALLS", "CALL#*", "OUTBOX#*"},
    ("ReconcileRole", "dynamodb:UpdateItem"): {"SUB#*", "CALL#*", "PACE#*", "RECONCILE*"},
    ("ReconcileRole", "dynamodb:PutItem"): {"RECONCILE*"},
    ("EraseRole", "dynamodb:GetItem"): {"SUB#*", "CALL#*", "APPLICANT#*", "ADDRESS#*", "ERASED#*"},
    ("EraseRole", "dynamodb:Query"): {
        "SUB#*", "CALL#*", "APPLICANT#*", "ADDRESS#*", "ERASED#*", "CALLS", "ERASING", "ERASED",
    },
    ("EraseRole", "dynamodb:UpdateItem"): {"CALL#*"},
    ("EraseRole", "dynamodb:PutItem"): {"ERASED#*"},
    ("EraseRole", "dynamodb:DeleteItem"): {"SUB#*", "REFERENCE#*", "APPLICANT#*", "ADDRESS#*", "DRAFT#*"},
}  # fmt: skip

ITEMS = {action for _, action in KEYS}
"""The actions on items, each of which must say on which."""


def test_s15_a_role_reaches_only_the_items_of_its_work(resources: dict[str, Resource]) -> None:
    """Items are narrowed by partition key: intake cannot write a call, notify cannot touch a pointer."""
    found: dict[tuple[str, str], set[str]] = {}
    for name in roles.SHOWN:
        for statement in allows(resources[name]):
            for action in set(many(statement["Action"])) & ITEMS:
                conditions = statement["Condition"].values()
                keys = [each["dynamodb:LeadingKeys"] for each in conditions if "dynamodb:LeadingKeys" in each]
                found.setdefault((name, action), set()).update(*keys)
    assert found == KEYS


def test_s15_the_portal_reads_no_upload_lists_no_submission_and_writes_no_call(resources: dict[str, Resource]) -> None:
    """The function that the internet talks to puts files in the bucket and reads none; it finds a submission by its id
    only, since the index that lists them is closed to it, and no call can be written in its name."""
    reached: dict[str, set[str]] = {"s3:PutObject": set(), "s3:GetObject": set(), "s3:prefix": set(), "index": set()}
    for statement in allows(resources["PortalRole"]):
        condition = statement.get("Condition", {})
        actions = many(statement["Action"])
        assert not any(re.match(r"(dynamodb|s3):(Delete|Scan|Batch)", action) for action in actions)
        for action in {"s3:PutObject", "s3:GetObject"} & set(actions):
            reached[action].add(statement["Resource"]["Fn::Sub"])
        if "s3:ListBucket" in actions:
            reached["s3:prefix"].add(condition["StringLike"]["s3:prefix"])
        if "index" in str(statement["Resource"]):
            reached["index"] |= set(condition["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"])
        if {"dynamodb:PutItem", "dynamodb:UpdateItem"} & set(actions):
            (keys,) = condition.values()
            assert not any(key.startswith("CALL") for key in keys["dynamodb:LeadingKeys"])
    assert reached == {
        "s3:PutObject": {"${UploadsBucket.Arn}/incoming/*"},
        "s3:GetObject": {"${DocumentsBucket.Arn}/calls/*", "${DocumentsBucket.Arn}/returned/*"},
        "s3:prefix": {"calls/*", "incoming/*"},
        "index": {"CALLS"},
    }


def test_only_the_portals_pages_may_send_files_and_read_nothing(resources: dict[str, Resource]) -> None:
    """Browsers may POST to the uploads bucket and nothing else; no other bucket answers pages at all."""
    for name, bucket in of(resources, "AWS::S3::Bucket").items():
        rules = bucket.get("CorsConfiguration", {}).get("CorsRules", [])
        assert [rule["AllowedMethods"] for rule in rules] == ([["POST"]] if name == "UploadsBucket" else [])
        assert all(
            rule["AllowedOrigins"] == [{"Fn::If": ["HasPortalAddress", {"Ref": "PortalAddress"}, "*"]}]
            for rule in rules
        )


def test_s15_who_tells_and_who_hears_back_change_no_answer(resources: dict[str, Resource]) -> None:
    """The updates of notify and feedback are narrowed to the attributes they mark: they can change no application."""
    found = {
        statement["Sid"]: set(statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"]) - {"PK", "SK"}
        for name in ("NotifyRole", "FeedbackRole")
        for statement in allows(resources[name])
        if statement["Action"] == "dynamodb:UpdateItem"
    }
    assert found == roles.ATTRIBUTES


def test_s15_mail_is_sent_from_the_configured_address_alone(resources: dict[str, Resource]) -> None:
    """Whatever else SES has verified for the account, notify writes from the one address it was given."""
    (send,) = (one for one in allows(resources["NotifyRole"]) if one["Action"] == "ses:SendEmail")
    assert send["Condition"] == {"StringEqualsIfExists": {"ses:FromAddress": {"Ref": "SenderEmail"}}}
