"""Tests of the dashboards with the official SDK of DataLens."""

from __future__ import annotations

import pytest
from datalens_sdk._generated.dto import CreateDashboardV2ArgsDTO, CreateWizardChartV1ArgsDTO
from datalens_sdk.domain.dashboard_validate import validate_dashboard
from datalens_sdk.recipes import validate_dashboard_refs

from conftest import CONNECTION, Published


def test_the_dashboard_has_no_issues(published: Published) -> None:
    assert [tab.title for tab in published.dashboard.tabs] == ["Популярность", "Теги", "Здоровье конвейера"]
    assert published.dashboard.validate() == ()


def test_every_chart_dataset_and_selector_is_bound(published: Published) -> None:
    assert validate_dashboard_refs(published.client, published.dashboard) == ()


def test_the_dashboard_of_the_workbook_file_has_no_issues(workbook: dict) -> None:
    assert validate_dashboard(workbook["dash"]["dash_orders"]["dash"]["data"]) == ()


def test_requests_are_what_the_api_describes(published: Published) -> None:
    """With the strict models of the SDK, which are generated from the description of the API and reject other keys."""
    charts = published.created("WizardChart")
    assert len(charts) > 25
    for chart in charts:
        CreateWizardChartV1ArgsDTO.model_validate(chart)
    (dashboard,) = published.created("Dashboard")
    CreateDashboardV2ArgsDTO.model_validate(dashboard)


def test_a_picture_reads_back_with_all_its_fields(published: Published) -> None:
    """Every field of a chart is in its dataset, or among the fields that the SDK adds."""
    for body in published.created("WizardChart"):
        sources = body["data"]["sources"]
        (dataset,) = sources["datasetsIds"]
        known = {field.guid for field in published.client.get.dataset(by_id=dataset).fields}
        known |= {update["field"]["guid"] for update in sources["updates"]}
        named = [guid for guid in guids(body["data"]["visualization"])] + [it["guid"] for it in sources["filters"]]
        assert named
        assert set(named) <= known, body["name"]


def guids(value: object) -> list[str]:
    """All ids of fields in a part of a chart."""
    if isinstance(value, dict):
        own = [value["guid"]] if "guid" in value else []
        return own + [guid for item in value.values() for guid in guids(item)]
    return [guid for item in value for guid in guids(item)] if isinstance(value, list) else []


def test_the_connection_leads_where_it_is_told_and_its_password_nowhere_else(published: Published) -> None:
    (connection,) = published.created("Connection")
    assert {key: connection[key] for key in CONNECTION} == CONNECTION
    others = [body for operation, body in published.server.requests if operation != "createConnection"]
    assert CONNECTION["password"] not in str(others)


def test_both_forms_have_the_same_entries(published: Published, workbook: dict) -> None:
    for scope, operation in (("dataset", "Dataset"), ("widget", "WizardChart")):
        mine = {entry[scope]["name"] for entry in workbook[scope].values()}
        assert {body["name"] for body in published.created(operation)} == mine


@pytest.mark.parametrize("broken", ["overlap", "missing chart", "missing field"])
def test_the_oracle_sees_what_is_broken(published: Published, broken: str) -> None:
    """A broken dashboard is detected, so that the absence of errors is meaningful."""
    import copy

    data = copy.deepcopy(published.dashboard.response_snapshot["entry"]["data"])
    first = data["tabs"][0]
    if broken == "overlap":
        first["layout"][1]["x"] += 1
        assert {issue.kind for issue in validate_dashboard(data)} >= {"overlap"}
        return
    if broken == "missing chart":
        first["items"][1]["data"]["tabs"][0]["chartId"] = ""
        assert {issue.kind for issue in validate_dashboard(data)} == {"empty_chart_id"}
        return
    first["items"][0]["data"]["group"][0]["source"]["datasetFieldId"] = "no_such_column"
    entry = published.server.entries[published.dashboard.id]
    published.server.entries["broken"] = {"entry": {**entry["entry"], "data": data, "entryId": "broken"}}
    issues = validate_dashboard_refs(published.client, published.client.get.dashboard(by_id="broken"))
    assert {issue.kind for issue in issues} == {"missing_dataset_field"}
