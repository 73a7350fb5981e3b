"""Tests of the alerts: Prometheus can parse the expressions, the metrics and the runbooks exist."""

from __future__ import annotations

import re

import promql_parser
import pytest
import yaml

from chart import ALL_KINDS, CHART, ROOT, cases, one, over, render, values_of
from conftest import rendered

RULES = yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())["groups"][0]["rules"]
RUNBOOKS = (ROOT / "deploy" / "operations.md").read_text()


def anchors() -> set[str]:
    """The anchors of the runbooks."""
    headings = re.findall(r"^#+ (.+)$", RUNBOOKS, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# Where a metric is written: `counter!("name", "label" => value)`.
WRITTEN = re.compile(r'\b(counter|gauge|histogram)!\(\s*"(tagmill_\w+)"((?:,\s*"\w+" => [^,)]+)*)')

# Where it gets its help text.
DESCRIBED = re.compile(r'describe_(counter|gauge|histogram)!\(\s*"(tagmill_\w+)"')


def metrics() -> dict[str, tuple[str, set[str]]]:
    """The metrics in the source of the services, with their kind and labels."""
    found: dict[str, tuple[str, set[str]]] = {}
    for file in (ROOT / "crates").glob("*/*/src/**/*.rs"):
        for kind, name, labels in WRITTEN.findall(file.read_text()):
            found[name] = (kind, set(re.findall(r'"(\w+)" =>', labels)))
    return found


def test_a_metric_is_called_by_what_it_is() -> None:
    known = metrics()
    assert len(known) > 20
    for name, (kind, _) in known.items():
        assert (kind == "counter") == name.endswith("_total"), f"{name} is a {kind}"


def test_every_metric_is_described() -> None:
    described: dict[str, str] = {}
    for file in (ROOT / "crates").glob("*/*/src/**/*.rs"):
        described |= {name: kind for kind, name in DESCRIBED.findall(file.read_text())}
    assert described == {name: kind for name, (kind, _) in metrics().items()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_can_be_read_and_leads_to_what_to_do(rule: dict) -> None:
    promql_parser.parse(rule["expr"])
    named = set(re.findall(r"tagmill_\w+", rule["expr"]))
    known = metrics()
    assert named and named <= set(known)
    # increase() is for counters, delta() for gauges.
    for function, name in re.findall(r"(\w+)\((tagmill_\w+)\[", rule["expr"]):
        assert (function, known[name][0]) in {("increase", "counter"), ("delta", "gauge")}
    # Prometheus adds the namespace; every metric has the label `service`.
    of_all = {"namespace", "service"}
    labels = {label for listed in re.findall(r"by \(([\w, ]+)\)", rule["expr"]) for label in listed.split(", ")}
    assert labels <= of_all.union(*(known[name][1] for name in named))
    page, anchor = rule["annotations"]["runbook_url"].removeprefix("RUNBOOKS/").split("#")
    assert page == "deploy/operations.md" and anchor in anchors(), anchor
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["summary"] and rule["annotations"]["description"]
    for label in re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]):
        assert label in rule["expr"], f"{label} is not in what the expression returns"


def test_every_runbook_of_a_metric_has_an_alert_that_leads_to_it() -> None:
    linked = {rule["annotations"]["runbook_url"].split("#")[1] for rule in RULES}
    of_metrics = {anchor for anchor in anchors() if anchor.startswith("tagmill_")}
    assert len(of_metrics) >= 6 and of_metrics <= linked, of_metrics - linked


def test_the_operator_gets_the_same_rules() -> None:
    rule = one(list(rendered("scaling")), "PrometheusRule", "monitoring")
    text = yaml.safe_dump(rule)
    assert "RUNBOOKS" not in text and "https://git.example/tagmill/-/blob/main/deploy/operations.md#" in text
    assert [found["expr"] for found in rule["spec"]["groups"][0]["rules"]] == [found["expr"] for found in RULES]


def absent_of(switched_on: list[str]) -> set[str]:
    """The services whose metrics are missed, with these services of the chart switched on."""
    elt = [ROOT / "deploy" / "elt" / "values.yaml"] if "elt" in switched_on else []
    values = over(values_of(*cases()["scaling"], *elt), {"services": {"segments": {"enabled": "segments" in switched_on}}})
    rule = one(render(values, kinds=ALL_KINDS), "PrometheusRule", "monitoring")
    expr = {found["alert"]: found["expr"] for found in rule["spec"]["groups"][0]["rules"]}["TagmillAbsent"]
    promql_parser.parse(expr)
    return set(re.findall(r'absent\(tagmill_ready\{service="([\w-]+)"\}\)', expr))


@pytest.mark.parametrize("switched_on", [[], ["elt"], ["segments"], ["elt", "segments"]], ids=str)
def test_metrics_are_missed_of_every_service_that_is_switched_on(switched_on: list[str]) -> None:
    always = {"stg-service", "dds-service", "cdm-service"}
    assert absent_of(switched_on) == always | {f"{name}-service" for name in switched_on}
