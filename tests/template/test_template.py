"""The template that is deployed, after SAM's transform: what must hold of every resource, whoever adds one."""

from __future__ import annotations

import json
import re
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pytest
from cfnlint import lint
from cfnlint.config import ManualArgs
from moto.events.models import EventPattern
from pydantic import BaseModel, ValidationError

import erase.app
import feedback.app
import notify.app
import reconcile.app
import tick.app
from puljeport.settings import (
    PREFIX,
    EraseSettings,
    FeedbackSettings,
    IntakeSettings,
    NotifySettings,
    PortalSettings,
    ReconcileSettings,
    TickSettings,
)
from puljeport.submissions import State
from template.resources import Resource, many, named, of
from template.transformed import TEMPLATE, source

STATEFUL = {"AWS::DynamoDB::Table", "AWS::Logs::LogGroup", "AWS::S3::Bucket"}
KEEPS = {"Retain", "RetainExceptOnCreate"}
SETTINGS: dict[str, type[BaseModel]] = {
    "IntakeFunction": IntakeSettings,
    "NotifyFunction": NotifySettings,
    "TickFunction": TickSettings,
    "PortalFunction": PortalSettings,
    "ReconcileFunction": ReconcileSettings,
    "EraseFunction": EraseSettings,
    "FeedbackFunction": FeedbackSettings,
}


# -- R23: it holds together ------------------------------------------------------------------------------------------


def test_r23_no_resource_waits_for_itself(resources: dict[str, Resource]) -> None:
    """CloudFormation can make the resources in some order: no chain of references comes back to where it began."""
    waits = {
        name: (named(resource["Properties"]) | set(many(resource.get("DependsOn", [])))) & set(resources)
        for name, resource in resources.items()
    }
    try:
        list(TopologicalSorter(waits).static_order())
    except CycleError as cycle:
        pytest.fail(" -> ".join(cycle.args[1]))


def test_r23_a_message_stays_hidden_for_six_time_limits(resources: dict[str, Resource]) -> None:
    """A queue hides a message six times as long as its function may run, so that a slow run is not doubled."""
    queues, functions = of(resources, "AWS::SQS::Queue"), of(resources, "AWS::Lambda::Function")
    fed = 0
    for mapping in of(resources, "AWS::Lambda::EventSourceMapping").values():
        (function,) = named(mapping["FunctionName"])
        for queue in named(mapping["EventSourceArn"]) & set(queues):
            fed += 1
            assert queues[queue]["VisibilityTimeout"] >= 6 * functions[function]["Timeout"], queue
    assert fed


def test_r23_every_queue_has_somewhere_for_what_fails(resources: dict[str, Resource]) -> None:
    """Each queue moves what fails again and again to a dead letter queue, or is where such things go."""
    queues = of(resources, "AWS::SQS::Queue")
    ends = set[str]()
    for properties in queues.values():
        ends |= named(properties.get("RedrivePolicy"))
    for mapping in of(resources, "AWS::Lambda::EventSourceMapping").values():
        ends |= named(mapping.get("DestinationConfig"))
    for name, properties in queues.items():
        assert "RedrivePolicy" in properties or name in ends, name
        assert properties["MessageRetentionPeriod"] == 14 * 24 * 3600, name


def test_r23_every_stream_gives_up_into_a_queue(resources: dict[str, Resource]) -> None:
    """What a stream's function cannot handle is kept in a queue rather than dropped when the retries end."""
    streams = [
        mapping
        for mapping in of(resources, "AWS::Lambda::EventSourceMapping").values()
        if "StartingPosition" in mapping
    ]
    assert streams
    for mapping in streams:
        assert named(mapping["DestinationConfig"]["OnFailure"]["Destination"]) & set(of(resources, "AWS::SQS::Queue"))
        assert mapping["BisectBatchOnFunctionError"] is True


def test_batches_come_back_in_part(resources: dict[str, Resource]) -> None:
    """One bad message does not bring its neighbours back with it."""
    for name, mapping in of(resources, "AWS::Lambda::EventSourceMapping").items():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name


def test_r23_what_holds_data_outlives_the_stack(resources: dict[str, Resource]) -> None:
    """No deletion and no replacement of the stack takes applications, records or logs with it."""
    of(resources, "AWS::S3::Bucket")
    for name, resource in resources.items():
        if resource["Type"] in STATEFUL:
            assert resource.get("DeletionPolicy") in KEEPS, name
            assert resource.get("UpdateReplacePolicy") == "Retain", name


def test_the_table_can_be_put_back(resources: dict[str, Resource]) -> None:
    """The table can be restored to any second of the last 35 days, and is encrypted."""
    for name, table in of(resources, "AWS::DynamoDB::Table").items():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert table["SSESpecification"]["SSEEnabled"] is True, name
        assert table["DeletionProtectionEnabled"] == {"Fn::If": ["IsKept", True, False]}, name


# -- the functions ---------------------------------------------------------------------------------------------------


def test_every_function_is_the_code_that_is_here(resources: dict[str, Resource]) -> None:
    """Each handler names a function in `functions/`, and states the runtime, the time and the memory it gets."""
    fed = {
        function
        for mapping in of(resources, "AWS::Lambda::EventSourceMapping").values()
        for function in named(mapping["FunctionName"])
    }
    for name, function in of(resources, "AWS::Lambda::Function").items():
        module, _, handler = function["Handler"].rpartition(".")
        path = TEMPLATE.parent / "functions" / (module.replace(".", "/") + ".py")
        assert f"def {handler}(" in path.read_text(encoding="utf-8"), name
        assert function["Runtime"] == "python3.13", name
        assert function["Architectures"] == [{"Ref": "Architecture"}], name
        # What a queue or a stream feeds must be quick; what a clock wakes may take until it is woken again.
        assert 0 < function["Timeout"] <= (60 if name in fed else 300), name
        assert function["MemorySize"] >= 512, name


def test_every_function_gets_the_settings_it_reads(resources: dict[str, Resource]) -> None:
    """A function's variables are those its settings need, under the names that they are read by, and no others."""
    functions = of(resources, "AWS::Lambda::Function")
    assert set(functions) == set(SETTINGS)
    for name, function in functions.items():
        variables = set(function["Environment"]["Variables"])
        fields = SETTINGS[name].model_fields
        required = {PREFIX + field.upper() for field, info in fields.items() if info.is_required()}
        known = {PREFIX + field.upper() for field in fields}
        ours = {variable for variable in variables if variable.startswith(PREFIX)}
        assert required <= ours <= known, name
        assert {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"} <= variables, name


def test_every_function_logs_where_logs_end(resources: dict[str, Resource]) -> None:
    """Each function writes JSON lines to a log group of this template, and each log group forgets in time."""
    groups = of(resources, "AWS::Logs::LogGroup")
    for name, group in groups.items():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
    used = list[str]()
    for name, function in of(resources, "AWS::Lambda::Function").items():
        assert function["LoggingConfig"]["LogFormat"] == "JSON", name
        used += named(function["LoggingConfig"]["LogGroup"])
    for stage in of(resources, "AWS::ApiGatewayV2::Stage").values():
        used += named(stage["AccessLogSettings"]["DestinationArn"])
    assert sorted(used) == sorted(groups)


def test_r20_only_new_pending_notices_wake_notify(resources: dict[str, Resource]) -> None:
    """Neither an update, nor a removal by TTL, nor any other item on the stream runs the function that sends mail."""
    notice = {"item": {"S": "notice"}, "status": {"S": "pending"}}
    wakes: dict[str, tuple[Any, bool]] = {
        "a new notice": ({"eventName": "INSERT", "dynamodb": {"NewImage": notice}}, True),
        "a marked notice": ({"eventName": "MODIFY", "dynamodb": {"NewImage": notice}}, False),
        "a notice that was sent": (
            {"eventName": "INSERT", "dynamodb": {"NewImage": notice | {"status": {"S": "sent"}}}},
            False,
        ),
        "a submission": (
            {"eventName": "INSERT", "dynamodb": {"NewImage": notice | {"item": {"S": "submission"}}}},
            False,
        ),
        "an expiry": ({"eventName": "REMOVE", "dynamodb": {"Keys": {}}}, False),
    }
    (mapping,) = (m for m in of(resources, "AWS::Lambda::EventSourceMapping").values() if "StartingPosition" in m)
    (pattern,) = mapping["FilterCriteria"]["Filters"]
    for what, (event, woken) in wakes.items():
        assert EventPattern.load(pattern["Pattern"]).matches_event(event) is woken, what


# -- the portal's API ------------------------------------------------------------------------------------------------


def test_every_address_of_the_portal_reaches_its_function(resources: dict[str, Resource]) -> None:
    """The API's one route leads to the function, which only this API's route may invoke, in the payload it reads."""
    (route,) = of(resources, "AWS::ApiGatewayV2::Route").values()
    (integration,) = of(resources, "AWS::ApiGatewayV2::Integration").values()
    (permission,) = (
        one for one in of(resources, "AWS::Lambda::Permission").values()
        if one["Principal"] == "apigateway.amazonaws.com"
    )  # fmt: skip
    assert route["RouteKey"] == "$default"
    assert named(route["Target"]) == {"PortalIntegration"}
    assert integration["PayloadFormatVersion"] == "2.0"
    assert named(integration["IntegrationUri"]) == named(permission["FunctionName"]) == {"PortalFunction"}
    assert permission["SourceArn"]["Fn::Sub"].endswith(":${PortalApi}/*/$default")


def test_letters_lead_to_the_portal_wherever_it_is(resources: dict[str, Resource]) -> None:
    """Whoever writes to applicants knows the portal's address: the one that people know, else the API's own."""
    told = {
        name: function["Environment"]["Variables"].get(PREFIX + "PORTAL_URL")
        for name, function in of(resources, "AWS::Lambda::Function").items()
    }
    wherever = {"Fn::If": ["HasPortalAddress", {"Ref": "PortalAddress"}, {"Fn::GetAtt": ["PortalApi", "ApiEndpoint"]}]}
    assert {name: each for name, each in told.items() if each} == {
        "NotifyFunction": wherever,
        "ReconcileFunction": wherever,
    }


def test_s14_the_portal_is_throttled_and_leaves_an_answer_time(resources: dict[str, Resource]) -> None:
    """The stage passes on so many requests a second, and the function ends before API Gateway gives up."""
    (stage,) = of(resources, "AWS::ApiGatewayV2::Stage").values()
    limits = stage["DefaultRouteSettings"]
    assert 0 < limits["ThrottlingRateLimit"] <= limits["ThrottlingBurstLimit"] <= 500
    assert of(resources, "AWS::Lambda::Function")["PortalFunction"]["Timeout"] < 30


def test_s10_the_access_log_holds_neither_addresses_nor_paths(resources: dict[str, Resource]) -> None:
    """The access log is JSON of how a request went, with nothing of who made it or of what its path may hold."""
    (stage,) = of(resources, "AWS::ApiGatewayV2::Stage").values()
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert {"route", "status", "milliseconds"} <= set(logged)
    for value in logged.values():
        assert not re.search(r"(?i)path|sourceIp|userAgent|identity|query|header|authorizer", value), value


# -- watching --------------------------------------------------------------------------------------------------------


def test_r23_every_queue_is_watched(resources: dict[str, Resource]) -> None:
    """A message in any queue of failures, or one that waits too long in another, raises an alarm."""
    queues = of(resources, "AWS::SQS::Queue")
    watched = dict[str, set[str]]()
    for alarm in of(resources, "AWS::CloudWatch::Alarm").values():
        for waiting in named(alarm["Dimensions"]) & set(queues):
            watched.setdefault(waiting, set()).add(alarm["MetricName"])
    for name, queue in queues.items():
        metric = "ApproximateAgeOfOldestMessage" if "RedrivePolicy" in queue else "ApproximateNumberOfMessagesVisible"
        assert metric in watched.get(name, set()), name


def test_r23_every_function_is_watched(resources: dict[str, Resource]) -> None:
    """A function that fails, that is throttled, or that falls behind its stream raises an alarm."""
    watched = dict[str, set[str]]()
    for alarm in of(resources, "AWS::CloudWatch::Alarm").values():
        for function in named(alarm["Dimensions"]):
            watched.setdefault(function, set()).add(alarm["MetricName"])
    for name in of(resources, "AWS::Lambda::Function"):
        assert {"Errors", "Throttles"} <= watched.get(name, set()), name
    for mapping in of(resources, "AWS::Lambda::EventSourceMapping").values():
        if "StartingPosition" in mapping:
            (behind,) = named(mapping["FunctionName"])
            assert "IteratorAge" in watched[behind], behind


def test_alarms_reach_operations(resources: dict[str, Resource]) -> None:
    """Every alarm says what it means and tells the operations topic when it begins and ends. Silence is an alarm only
    where a function that a clock wakes is waited for."""
    for name, alarm in of(resources, "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "OperationsTopic"}], name
        waited_for = alarm["ComparisonOperator"] == "LessThanThreshold"
        assert alarm["TreatMissingData"] == ("breaching" if waited_for else "notBreaching"), name
        assert len(alarm["AlarmDescription"]) > 20, name


def test_alarms_watch_metrics_that_are_sent(resources: dict[str, Resource]) -> None:
    """An alarm on a metric of ours names one that the functions send, under the service name that they send it as."""
    sent = {"intake": {"Submission" + state.value.title().replace("_", "") for state in State}}
    sent["notify"] = {*notify.app.METRICS.values(), notify.app.BLOCKED}
    sent |= {"reconcile": reconcile.app.METRICS, "erase": erase.app.METRICS}
    sent["tick"] = {*tick.app.METRICS.values(), tick.app.TICKED, tick.app.UNREACHED}
    sent["portal"] = {"PortalFailed", "PortalAnswered"}
    sent["feedback"] = set(feedback.app.METRICS.values())
    services = {
        function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]["Fn::Sub"]: function["Handler"].split(".")[0]
        for function in of(resources, "AWS::Lambda::Function").values()
    }
    alarms = [a for a in of(resources, "AWS::CloudWatch::Alarm").values() if a["Namespace"] == "Puljeport"]
    assert alarms
    for alarm in alarms:
        (dimension,) = alarm["Dimensions"]
        assert dimension["Name"] == "service"
        assert alarm["MetricName"] in sent[services[dimension["Value"]["Fn::Sub"]]]


def test_every_function_that_a_clock_wakes_is_missed_when_it_is_silent(resources: dict[str, Resource]) -> None:
    """A schedule that stops, or a function that never gets to its end, raises an alarm: nobody else would notice."""
    missed = {
        alarm["Dimensions"][0]["Value"]["Fn::Sub"]
        for alarm in of(resources, "AWS::CloudWatch::Alarm").values()
        if alarm["TreatMissingData"] == "breaching"
    }
    functions = of(resources, "AWS::Lambda::Function")
    woken = {name for rule in of(resources, "AWS::Events::Rule").values() for name in named(rule["Targets"])}
    assert woken >= {"ReconcileFunction", "EraseFunction"}
    for name in woken:
        assert functions[name]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]["Fn::Sub"] in missed, name


OPERATING = (TEMPLATE.parent / "docs/operating.md").read_text(encoding="utf-8")


def test_every_alarm_has_its_page(resources: dict[str, Resource]) -> None:
    """For each alarm there is a section that says what it means and what to do, and no section is left over."""
    headings = re.findall(r"^### (`.+?):", OPERATING, re.MULTILINE)
    sections = [name for heading in headings for name in re.findall(r"`([a-z-]+)`", heading)]
    alarms = [
        alarm["AlarmName"]["Fn::Sub"].removeprefix("puljeport-${Stage}-")
        for alarm in of(resources, "AWS::CloudWatch::Alarm").values()
    ]
    assert sorted(sections) == sorted(alarms)


def test_the_dashboard_can_be_drawn(resources: dict[str, Resource]) -> None:
    """The dashboard's text is JSON once its names are filled in, and no two of its pictures overlap."""
    (dashboard,) = of(resources, "AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(re.sub(r"\$\{[^}]+\}", "name", dashboard["DashboardBody"]["Fn::Sub"]))["widgets"]
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(places)) == len(places) >= 4


def test_a_calendar_that_stands_still_is_noticed_within_a_quarter_of_an_hour(resources: dict[str, Resource]) -> None:
    """The clock wakes tick every five minutes; three in a row that did not come to their end raise the alarm."""
    rules = of(resources, "AWS::Events::Rule").values()
    ticks = {
        rule["ScheduleExpression"]: target
        for rule in rules
        for target in rule["Targets"]
        if named(target["Arn"]) == {"TickFunction"}
    }
    assert set(ticks) == {"rate(5 minutes)", "cron(0 6 * * ? *)"}
    daily = ticks["cron(0 6 * * ? *)"]
    assert json.loads(daily["Input"]) == {"task": tick.app.CONTACTS}
    (alarm,) = (each for each in of(resources, "AWS::CloudWatch::Alarm").values() if each["MetricName"] == "TickDone")
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 15 * 60
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "breaching")


def test_outputs_are_explained(template: dict[str, Any]) -> None:
    """Every parameter and every output says what it is for."""
    for part in ("Parameters", "Outputs"):
        for name, entry in template[part].items():
            assert len(entry.get("Description", "")) >= 6, name


# -- what the linters say --------------------------------------------------------------------------------------------


def test_the_portals_address_is_written_as_browsers_write_it(template: dict[str, Any]) -> None:
    """Capital letters in it would make the bucket and the portal refuse every form as another site's: they are refused
    when the stack is deployed, and where the function reads its settings."""
    pattern = template["Parameters"]["PortalAddress"]["AllowedPattern"]
    given = {"table": "table", "documents_bucket": "documents", "uploads_bucket": "uploads"}
    for address, fine in {
        "": True, "https://puljer.example.dk": True, "http://localhost:4566": True, "https://puljer.example.dk/": False,
        "https://Puljer.example.dk": False,
    }.items():  # fmt: skip
        assert bool(re.search(pattern, address)) is fine
        if fine:
            assert PortalSettings.model_validate(given | {"portal_address": address})
        else:
            with pytest.raises(ValidationError):
                PortalSettings.model_validate(given | {"portal_address": address})


def test_r23_cfn_lint_has_nothing_to_say(template: dict[str, Any]) -> None:
    """The template that CloudFormation gets follows its resource schemas, and no rule is switched off."""
    assert not lint(json.dumps(template), config=ManualArgs(regions=["eu-north-1"]))
    assert "cfn-lint" not in json.dumps(source())


def test_every_suppression_is_explained(resources: dict[str, Resource]) -> None:
    """A security check that is switched off says why, for all resources in .checkov.yaml or for one beside it."""
    config = (TEMPLATE.parent / ".checkov.yaml").read_text(encoding="utf-8")
    skipped = [line for line in config.splitlines() if "CKV" in line]
    assert skipped
    for line in skipped:
        assert re.fullmatch(r"  - CKV2?_AWS_\d+ # .{40,}\.", line), line
    for name, resource in resources.items():
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            assert len(skip["comment"]) >= 40, name
