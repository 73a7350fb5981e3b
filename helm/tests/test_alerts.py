"""The alerts: expressions that Prometheus can read, metrics that the services have, runbooks that are there."""

from __future__ import annotations

import re

import promql_parser
import pytest
import yaml

from chart import CHART, ROOT, one
from conftest import rendered

RULES = yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())["groups"][0]["rules"]
RUNBOOKS = (ROOT / "deploy" / "operations.md").read_text()


def anchors() -> set[str]:
    """The headings of the runbooks, as a link names them."""
    headings = re.findall(r"^#+ (.+)$", RUNBOOKS, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def metrics() -> set[str]:
    """The names of metrics in the source of the services."""
    sources = [file.read_text() for file in (ROOT / "crates").glob("*/src/**/*.rs")]
    return {name for text in sources for name in re.findall(r'"(tagmill_[a-z_]+)"', text)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_can_be_read_and_leads_to_what_to_do(rule: dict) -> None:
    promql_parser.parse(rule["expr"])
    named = set(re.findall(r"tagmill_\w+", rule["expr"]))
    assert named and named <= metrics()
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
