"""The client that openapi-generator makes for Python, against the server at $SERVER."""

import os
import uuid
from datetime import datetime, timezone

import openapi_client as api
from openapi_client.models import AuditInput, Problem, ResourceInput, TransactionInput

checks = 0


def check(what: str, holds: bool) -> None:
    global checks
    assert holds, what
    checks += 1


def problem(call) -> Problem:
    try:
        call()
    except api.ApiException as error:
        assert isinstance(error.data, Problem), f"{error.data!r} is no Problem"
        return error.data
    raise AssertionError("it was to be refused")


configuration = api.Configuration(host=os.environ["SERVER"], access_token=os.environ["TOKEN"])
with api.ApiClient(configuration) as client:
    operations, keys = api.OperationsApi(client), api.KeysApi(client)
    key = str(uuid.uuid4())

    lathe = ResourceInput(name="Lathe", metadata={"weight_kg": 1.5})
    resource = operations.create_resource(str(uuid.uuid4()), lathe)
    check("a resource is created", resource.name == "Lathe" and resource.metadata == {"weight_kg": 1.5})
    check("its moment is one", resource.created_at.tzinfo is not None and resource.created_at <= datetime.now(timezone.utc))
    check("it is read back", operations.read_resource(str(resource.id)) == resource)

    payment = TransactionInput(amount=1234567.89, description="One coffee machine")
    first = operations.create_transaction_with_http_info(key, payment)
    replay = operations.create_transaction_with_http_info(key, payment)
    check("an amount comes back exact", first.data.amount == 1234567.89)
    check("it is stored exact", operations.read_transaction(first.data.id).amount == 1234567.89)
    check("a replay is the same answer", replay.data == first.data and replay.raw_data == first.raw_data)
    check("a replay says so", (replay.headers or {}).get("Idempotent-Replayed") == "true")
    check("a first answer does not", "Idempotent-Replayed" not in (first.headers or {}))

    other = TransactionInput(amount=1, description="One coffee machine")
    mismatch = problem(lambda: operations.create_transaction(key, other))
    check("a mismatch is a problem", (mismatch.type, mismatch.status) == ("/problems/request-mismatch", 422))
    check("it needs a change", mismatch.retryable is False)

    tiny = TransactionInput(amount=0.001, description="A thousandth")
    refused = problem(lambda: operations.create_transaction(str(uuid.uuid4()), tiny))
    check("a broken rule is a problem", refused.type == "/problems/validation-failed")
    check("it says where", [error.pointer for error in refused.errors or []] == ["#/amount"])

    missing = problem(lambda: operations.read_transaction("txn_0000000000000000"))
    check("what is not there is a problem", missing.status == 404)

    event = AuditInput(user_id="python", action="login", details={"method": "password"})
    entry = operations.create_audit_log(str(uuid.uuid4()), event)
    listed = operations.list_audit_logs(user_id="python", limit=10)
    check("an entry is listed", listed == [entry])

    status = keys.look_up_key(key)
    check("the key is looked up", (status.status, status.attempts) == ("COMPLETED", 1))
    check("its history has moments", all(isinstance(step.at, datetime) for step in status.history))

print(f"{checks} checks")
