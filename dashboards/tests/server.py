"""In-memory API of DataLens: stores entries and returns them, without a network."""

from __future__ import annotations

import json

import httpx

# Fields that the API adds to every entry.
OWN = {
    "createdAt": "", "createdBy": "", "updatedAt": "", "updatedBy": "", "tenantId": "", "hidden": False, "public": False,
    "key": None, "meta": None, "publishedId": None, "revId": "1", "savedId": "1", "workbookId": "workbook",
}


class Server:
    """Entries by id, and the requests in their order."""

    def __init__(self) -> None:
        self.entries: dict[str, dict] = {}
        self.requests: list[tuple[str, dict]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        operation, body = request.url.path.removeprefix("/rpc/"), json.loads(request.content)
        self.requests.append((operation, body))
        answer = self.answer(operation, body)
        return httpx.Response(200, json=answer) if answer is not None else httpx.Response(404, json={"message": "gone"})

    def answer(self, operation: str, body: dict) -> dict | None:
        """The response of the API; none if there is no such entry."""
        if operation.startswith("create"):
            scope = operation.removeprefix("create")
            entry = body.get("entry", body)
            identifier = f"{scope.lower()}{len(self.entries)}"
            self.entries[identifier] = self.kept(scope, identifier, entry)
            return self.entries[identifier]
        if operation == "getEntries":
            found = [self.entries[identifier]["entry"] for identifier in body["ids"] if identifier in self.entries]
            return {"entries": found}
        if operation.startswith("get"):
            (identifier,) = [value for key, value in body.items() if key.endswith("Id") and key != "workbookId"]
            return self.entries.get(identifier)
        raise AssertionError(f"nobody was to ask for {operation}")

    def kept(self, scope: str, identifier: str, entry: dict) -> dict:
        """An entry as the API returns it later."""
        if scope == "Connection":
            return {"id": identifier, "db_type": entry["type"], **entry}
        if scope == "Dataset":
            return {"id": identifier, **entry}
        if scope == "Dashboard":
            return {"entry": {**OWN, **entry, "entryId": identifier, "scope": "dash", "type": "", "version": 2}}
        kinds = {"metric": "metric_wizard_node", "flatTable": "table_wizard_node", "pivotTable": "table_wizard_node"}
        kind = kinds.get(entry["data"]["visualization"]["type"], "graph_wizard_node")
        return {"entry": {**OWN, **entry, "entryId": identifier, "scope": "widget", "type": kind, "version": 1}}
