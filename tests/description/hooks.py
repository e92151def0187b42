"""What no schema can say of a request, and is therefore arranged here, each with its reason.

Only requests that Schemathesis means to be right are touched, and of the others only what it did not spoil.
"""

import random
import uuid

import schemathesis
from schemathesis.core.parameters import ParameterLocation

RANDOM = random.Random(1)

# The keys that were sent.
KEYS = []


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.method == "POST" and not is_spoilt(case, ParameterLocation.HEADER):
        name_new_key(case.headers)
    if case.path.endswith("/{key}") and not is_spoilt(case, ParameterLocation.PATH) and not is_linked(case):
        ask_for_known_key(case.path_parameters)
    if case.path == "/":
        ask_as_browser(case.headers)
    if case.path.endswith("/transactions"):
        if not is_spoilt(case, ParameterLocation.BODY):
            fit_to_currency(case.body)
        be_no_number(case.body)
    if case.path.endswith("/audit/logs") and not is_spoilt(case, ParameterLocation.QUERY):
        name_cursor(case.query)


def is_spoilt(case, location):
    """Whether this is the place that is meant to be wrong. In the coverage phase header fields are made of letters and
    digits alone, which is no key, and a case about something else goes out with whatever was left: "0"."""
    meta = case.meta
    tested = getattr(meta.phase.data, "parameter_location", None) or location
    return meta.generation.mode.is_negative and meta.is_negative_at(location) and tested == location


def is_linked(case):
    """A link says which key it is about."""
    return case.meta.phase.name.value == "stateful"


def name_new_key(headers):
    """A key that was used for another request is refused, as it should be, however well it fits the schema."""
    key = str(uuid.UUID(int=RANDOM.getrandbits(128), version=4))
    key = RANDOM.choice([key, key.upper()])
    KEYS.append(key)
    headers["Idempotency-Key"] = f'"{key}"' if RANDOM.random() < 0.5 else key


def ask_for_known_key(path_parameters):
    """Nobody guesses a key that was sent. Every other look-up is for one that was."""
    if KEYS and RANDOM.random() < 0.5:
        path_parameters["key"] = RANDOM.choice(KEYS)


def ask_as_browser(headers):
    """There is a page for browsers alone, and OpenAPI lets nothing be said of `Accept`. Every other request is one's."""
    if RANDOM.random() < 0.5:
        headers["Accept"] = "text/html"


def fit_to_currency(body):
    """How many digits an amount may have after the point depends on the currency, and `multipleOf: 0.01` would make
    validators that compute with floats refuse 19.99."""
    if isinstance(body, dict) and isinstance(body.get("amount"), float):
        has_cents = body.get("currency", "USD") in ("EUR", "USD")
        amount = round(body["amount"], 2 if has_cents else None)
        body["amount"] = amount if amount > 0 else 1


def be_no_number(body):
    """A string of a number's form is taken as well, but not described: generated clients have one type for an amount."""
    if isinstance(body, dict) and isinstance(body.get("amount"), str):
        body["amount"] = f"not {body['amount']}"


def name_cursor(query):
    """A cursor is what the service said; its form is nobody's business."""
    if query and "cursor" in query:
        query["cursor"] = f"2026-01-31T12:00:00.000000000_{uuid.UUID(int=RANDOM.getrandbits(128), version=4)}_4"
