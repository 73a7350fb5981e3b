"""segments-service in the chart: off unless it is switched on, with the database of the other services or one of its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

import test_starting
from binaries import secrets, settings
from chart import ALL_KINDS, Manifest, cases, one, over, render, texts, values_of
from conftest import rendered
from environment import containers
from test_elt import AUTHORITY, environment, pod
from test_kinds import KUBERNETES
from test_kinds import test_every_object_is_valid as every_object_is_valid
from test_upgrade import IMMUTABLE, field

ON = {"services": {"segments": {"enabled": True}}}
USERS = {"USER_SERVICE_URL": {"value": "https://users.example:8443/v1"}, "USER_SERVICE_TOKEN": {"existingSecret": "users"}}
WITH_USERS = over(ON, {"services": {"segments": {"secrets": USERS}}})


# The content of a file as test_starting.py has it.
CONTENT = test_starting.content


def of_segments(values: dict[str, Any], **options: Any) -> list[Manifest]:
    """The objects of segments-service."""
    return [manifest for manifest in render(values, kinds=ALL_KINDS, **options) if "-segments" in manifest.name]


def base(case: str = "minimal") -> dict[str, Any]:
    return values_of(*cases()[case])


@cache
def whole(case: str, with_users: bool) -> tuple[Manifest, ...]:
    """All objects of a set of values with segments-service."""
    return tuple(render(over(base(case), WITH_USERS if with_users else ON), kinds=ALL_KINDS))


def part(case: str, with_users: bool) -> list[Manifest]:
    """Those of segments-service."""
    return [manifest for manifest in whole(case, with_users) if "-segments" in manifest.name]


both = pytest.mark.parametrize("with_users", [False, True], ids=["alone", "with-users"])


def test_it_is_off_by_default(manifests: list[Manifest]) -> None:
    assert not [manifest for manifest in manifests if "segments" in manifest.name]


@both
def test_it_changes_nothing_else(case: str, with_users: bool) -> None:
    # The alerts know which services there are: test_alerts.py.
    kept = [manifest for manifest in rendered(case) if manifest.kind != "PrometheusRule"]
    others = [manifest for manifest in whole(case, with_users) if "-segments" not in manifest.name]
    assert [manifest for manifest in others if manifest.kind != "PrometheusRule"] == kept


@pytest.mark.parametrize("version", KUBERNETES)
def test_every_object_of_it_is_valid(case: str, version: str) -> None:
    manifests = part(case, with_users=True)
    assert {manifest.kind for manifest in manifests} >= {"Deployment", "Service"}
    every_object_is_valid(manifests, version)


def test_an_upgrade_renders_what_an_installation_does() -> None:
    values = over(base("scaling"), WITH_USERS)
    assert render(values, kinds=ALL_KINDS, upgrade=True) == list(whole("scaling", with_users=True))


@pytest.mark.parametrize("before", sorted(cases()))
@pytest.mark.parametrize("after", sorted(cases()))
def test_an_upgrade_changes_nothing_immutable(before: str, after: str) -> None:
    """Also one that switches users from Kafka on."""
    then = {str(manifest): manifest for manifest in part(before, with_users=False)}
    now = {str(manifest): manifest for manifest in part(after, with_users=True)}
    shared = then.keys() & now.keys()
    assert {"Deployment/tagmill-segments", "Service/tagmill-segments"} <= shared
    for name in shared:
        for path in IMMUTABLE.get(then[name].kind, []):
            assert field(then[name], path) == field(now[name], path), name
    assert all(manifest.is_hook for manifest in now.values() if manifest.kind == "Job")


@both
def test_the_pod_has_the_settings_and_secrets_of_the_program(case: str, with_users: bool) -> None:
    spec = pod(part(case, with_users), "Deployment", "segments")
    container = spec["containers"][0]
    assert (container["command"], container["args"]) == (["/usr/local/bin/segments-service"], ["run"])
    told, known = environment(spec), settings("segments")
    own = {"TZ", "NODE"} if case == "everything-else" else set()
    assert not [name for name in set(told) - own if name not in known and name.removesuffix("_FILE") not in known]
    assert not set(told) & secrets("segments"), "secrets are files"
    assert (told["AUTH"], told["HTTP_ADDR"]) == ("on", "0.0.0.0:5000")
    assert told["PUBLIC_URL"] == "http://tagmill-segments.orders:5000"
    assert with_users == any(name.startswith("KAFKA_") for name in told) == ("USER_SERVICE_URL_FILE" in told)
    paths = {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    assert paths == {"startup": "/health", "liveness": "/health", "readiness": "/ready"}


def test_it_takes_the_connection_to_kafka_but_no_names_of_topics() -> None:
    values = over(base("scaling"), WITH_USERS)
    told = environment(pod(of_segments(values), "Deployment", "segments"))
    assert told["KAFKA_BOOTSTRAP_SERVERS"] == values["settings"]["KAFKA_BOOTSTRAP_SERVERS"]
    assert (told["KAFKA_SASL_USERNAME"], told["KAFKA_TOPIC_PARTITIONS"]) == ("tagmill", "12")
    assert {"KAFKA_SASL_PASSWORD_FILE", "KAFKA_SSL_CA_FILE", "DATABASE_CA_FILE"} <= set(told)
    values["settings"] |= {"KAFKA_GROUP_ID": "x", "KAFKA_SOURCE_TOPIC": "x", "BATCH_SIZE": 5}
    again = environment(pod(of_segments(values), "Deployment", "segments"))
    assert again == told


def test_requests_reach_a_pod_that_waits_for_kafka() -> None:
    services = [one(part("minimal", with_users), "Service", "segments") for with_users in (False, True)]
    unready = [service["spec"].get("publishNotReadyAddresses") for service in services]
    assert unready == [None, True]


# Secrets of the service and of its migration, and where the address of the database in the job comes from.
OWN = {"DATABASE_URL": {"existingSecret": "own"}}
JOB = {"DATABASE_URL": {"existingSecret": "job"}}
OWNER = {"DATABASE_URL": {"existingSecret": "owner"}}


@pytest.mark.parametrize(
    ("values", "source"),
    [
        ({}, "warehouse"),
        ({"migration": {"secrets": OWNER}}, "owner"),
        # A database of its own: the owner of another database must not be used there.
        ({"migration": {"secrets": OWNER}, "services": {"segments": {"secrets": OWN}}}, "own"),
        ({"services": {"segments": {"secrets": OWN, "migration": {"secrets": JOB}}}}, "job"),
    ],
)
def test_the_migration_is_a_hook_that_knows_its_database_only(values: dict[str, Any], source: str) -> None:
    whole = over(base("existing-secrets"), {"migration": {"secrets": {"DATABASE_URL": {"existingSecret": "", "key": ""}}}})
    manifests = of_segments(over(over(whole, ON), values))
    [job] = [manifest for manifest in manifests if manifest.kind == "Job"]
    assert job.is_hook
    container = job.pod["spec"]["containers"][0]
    assert (container["command"], container["args"]) == (["/usr/local/bin/segments-service"], ["migrate"])
    assert set(environment(job.pod["spec"])) == {"DATABASE_URL_FILE", "DATABASE_CA_FILE"}
    files = containers(manifests)["segments-migrate"]["files"]
    assert files["/etc/tagmill/secrets/DATABASE_URL"]["name"] == source


def test_it_migrates_only_where_the_chart_migrates() -> None:
    values = over(base(), over(ON, {"migration": {"enabled": False}}))
    assert not [manifest for manifest in of_segments(values) if manifest.kind == "Job"]
    assert "Run `segments-service migrate` as well." in texts(values)["tagmill/templates/NOTES.txt"]


def test_secrets_are_in_secrets_and_nowhere_else() -> None:
    own = {"secrets": {"USER_SERVICE_URL": {"value": "https://a:url-password@users"}, "USER_SERVICE_TOKEN": {"value": "token-password"}}}
    for manifest in of_segments(over(over(base("inline-secrets"), ON), {"services": {"segments": own}})):
        text = yaml.safe_dump(manifest.document)
        assert ("-password" in text) == (manifest.kind == "Secret"), manifest


def test_files_of_subscriptions_are_on_a_claim() -> None:
    without, with_claim = (
        of_segments(over(over(base(), ON), {"services": {"segments": {"existingClaim": claim}}})) for claim in ("", "crm-files")
    )
    assert "FILES_ROOT" not in environment(pod(without, "Deployment", "segments"))
    spec = pod(with_claim, "Deployment", "segments")
    [mount] = [mount for mount in spec["containers"][0]["volumeMounts"] if mount["name"] == "subscribers"]
    [volume] = [volume for volume in spec["volumes"] if volume["name"] == "subscribers"]
    assert environment(spec)["FILES_ROOT"] == mount["mountPath"] and not mount.get("readOnly")
    assert volume["persistentVolumeClaim"] == {"claimName": "crm-files"}
    [job] = [manifest for manifest in with_claim if manifest.kind == "Job"]
    assert "FILES_ROOT" not in environment(job.pod["spec"])
    every_object_is_valid(with_claim, KUBERNETES[0])


EGRESS = [{"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}], "ports": [{"port": 9443, "protocol": "TCP"}]}]


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ({"value": "https://users.example:8443/v1"}, 8443),
        ({"value": "https://users.example/v1"}, 443),
        ({"value": "http://users.example"}, 80),
        ({"existingSecret": "users"}, 443),
        ({}, None),
    ],
)
def test_a_network_policy_opens_the_ports_of_its_servers(url: dict[str, Any], port: int | None) -> None:
    own = {"secrets": {"USER_SERVICE_URL": url}, "egress": EGRESS}
    manifests = of_segments(over(over(base("scaling"), ON), {"services": {"segments": own}}))
    policy = one(manifests, "NetworkPolicy", "segments")["spec"]
    names, servers, *others = policy["egress"]
    assert {gate["port"] for gate in names["ports"]} == {53} and others == EGRESS
    kafka = {9091, 9093} if port else set()
    assert {gate["port"] for gate in servers["ports"]} == {6432} | kafka | ({port} if port else set())
    assert policy["ingress"][0]["from"] == base("scaling")["networkPolicy"]["ingressFrom"]
    job = one(manifests, "NetworkPolicy", "segments-migrate")["spec"]
    assert job["ingress"] == [] and [gate["port"] for gate in job["egress"][1]["ports"]] == [6432]
    assert len(job["egress"]) == 2


def test_certificates_are_those_of_its_servers() -> None:
    values = over(over(base(), ON), {"ca": {"pem": AUTHORITY}})
    manifests = of_segments(values)
    assert {name for name in environment(pod(manifests, "Deployment", "segments")) if name.endswith("CA_FILE")} == {
        "DATABASE_CA_FILE"
    }
    assert [manifest.name for manifest in manifests if manifest.kind == "ConfigMap"] == ["tagmill-segments-migrate-ca"]


@both
def test_the_program_accepts_its_settings(case: str, with_users: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_starting, "content", content)
    answer = test_starting.check(containers(part(case, with_users))["segments"], case, tmp_path)
    assert answer.returncode == 69 and answer.stdout.startswith("ok     settings\n"), answer.stderr


def content(path: str, case: str) -> str:
    """The content of a file of its pod."""
    return "https://127.0.0.1:9" if path.endswith("/USER_SERVICE_URL") else CONTENT(path, case)


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"settings": {"HTTP_ADDR": "0.0.0.0:1"}}, "HTTP_ADDR"),
        ({"settings": {"AUTH": "perhaps"}}, "AUTH"),
        ({"secrets": {"REDIS_URL": {"value": "x"}}}, "REDIS_URL"),
        ({"scaling": {"enabled": True}}, "scaling"),
        ({"migration": {"secrets": {"USER_SERVICE_URL": {"value": "x"}}}}, "USER_SERVICE_URL"),
        (
            {"secrets": {"DATABASE_URL": {"value": "x", "existingSecret": "x"}}},
            "services.segments.secrets.DATABASE_URL: give either value or existingSecret",
        ),
    ],
)
def test_what_cannot_be_is_refused(own: dict[str, Any], said: str) -> None:
    with pytest.raises(helm_python.HelmError) as refused:
        render(over(over(base(), ON), {"services": {"segments": own}}))
    assert said in str(refused.value)


def test_the_notes_say_how_to_make_the_first_key() -> None:
    notes = texts(over(base(), ON))["tagmill/templates/NOTES.txt"]
    assert "exec deployment/tagmill-segments -- segments-service keys create NAME --role admin" in notes
    assert "AUTH is off" not in notes
    off = over(over(base(), ON), {"services": {"segments": {"settings": {"AUTH": "off"}}}})
    assert "AUTH is off: everybody who reaches the port may change segments." in texts(off)["tagmill/templates/NOTES.txt"]
