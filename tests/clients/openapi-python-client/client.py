"""The client that openapi-python-client makes, against the server at $SERVER."""

import os
import uuid
from datetime import datetime, timezone

from edge_idempotency_client import AuthenticatedClient
from edge_idempotency_client.api.keys import look_up_key
from edge_idempotency_client.api.operations import (
    create_audit_log,
    create_resource,
    create_transaction,
    list_audit_logs,
    read_resource,
    read_transaction,
)
from edge_idempotency_client.models import (
    AuditInput,
    AuditInputAction,
    AuditInputDetails,
    KeyStatus,
    KeyStatusStatus,
    Problem,
    Resource,
    ResourceInput,
    Transaction,
    TransactionInput,
)

checks = 0


def check(what: str, holds: bool) -> None:
    global checks
    assert holds, what
    checks += 1


with AuthenticatedClient(base_url=os.environ["SERVER"], token=os.environ["TOKEN"]) as client:
    key = str(uuid.uuid4())

    lathe = ResourceInput(name="Lathe")
    resource = create_resource.sync(client=client, body=lathe, idempotency_key=str(uuid.uuid4()))
    assert isinstance(resource, Resource), resource
    check("a resource is created", resource.name == "Lathe")
    check("its moment is one", resource.created_at <= datetime.now(timezone.utc))
    check("it is read back", read_resource.sync(str(resource.id), client=client) == resource)

    payment = TransactionInput(amount=1234567.89, description="One coffee machine")
    first = create_transaction.sync_detailed(client=client, body=payment, idempotency_key=key)
    replay = create_transaction.sync_detailed(client=client, body=payment, idempotency_key=key)
    assert isinstance(first.parsed, Transaction), first
    check("an amount comes back exact", first.parsed.amount == 1234567.89)
    stored = read_transaction.sync(first.parsed.id, client=client)
    assert isinstance(stored, Transaction), stored
    check("it is stored exact", stored.amount == 1234567.89)
    check("a replay is the same answer", replay.parsed == first.parsed and replay.content == first.content)
    check("a replay says so", replay.headers.get("Idempotent-Replayed") == "true")
    check("a first answer does not", "Idempotent-Replayed" not in first.headers)

    other = TransactionInput(amount=1, description="One coffee machine")
    mismatch = create_transaction.sync(client=client, body=other, idempotency_key=key)
    assert isinstance(mismatch, Problem), mismatch
    check("a mismatch is a problem", (mismatch.type_, mismatch.status) == ("/problems/request-mismatch", 422))
    check("it needs a change", mismatch.retryable is False)

    tiny = TransactionInput(amount=0.001, description="A thousandth")
    refused = create_transaction.sync(client=client, body=tiny, idempotency_key=str(uuid.uuid4()))
    assert isinstance(refused, Problem) and refused.errors, refused
    check("a broken rule is a problem", refused.type_ == "/problems/validation-failed")
    check("it says where", [error.pointer for error in refused.errors] == ["#/amount"])

    missing = read_transaction.sync("txn_0000000000000000", client=client)
    assert isinstance(missing, Problem), missing
    check("what is not there is a problem", missing.status == 404)

    details = AuditInputDetails.from_dict({"method": "password"})
    event = AuditInput(user_id="opc", action=AuditInputAction.LOGIN, details=details)
    entry = create_audit_log.sync(client=client, body=event, idempotency_key=str(uuid.uuid4()))
    listed = list_audit_logs.sync(client=client, user_id="opc", limit=10)
    check("an entry is listed", listed == [entry])

    status = look_up_key.sync(key, client=client)
    assert isinstance(status, KeyStatus), status
    check("the key is looked up", (status.status, status.attempts) == (KeyStatusStatus.COMPLETED, 1))
    check("its history has moments", all(isinstance(step.at, datetime) for step in status.history))

print(f"{checks} checks")
