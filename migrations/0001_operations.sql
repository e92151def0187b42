-- What the operations create. Every row carries the id of the operation that made it, and an operation makes
-- one row: that is what lets an attempt be repeated after a crash without doing anything twice.
-- `caller` is the scope of the idempotency key, 64 hex digits. Times that are integers count from 1970, UTC, in
-- milliseconds where nothing else is said.

CREATE TABLE resources (
  operation_id TEXT NOT NULL PRIMARY KEY,
  caller TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  metadata TEXT NOT NULL, -- a JSON object, as it was sent
  created_at INTEGER NOT NULL,
  idempotency_key TEXT NOT NULL,
  UNIQUE (caller, id)
) STRICT;

CREATE TABLE transactions (
  operation_id TEXT NOT NULL PRIMARY KEY,
  caller TEXT NOT NULL,
  id TEXT NOT NULL,
  amount TEXT NOT NULL, -- an exact decimal; SQLite's REAL is a float
  currency TEXT NOT NULL,
  description TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  idempotency_key TEXT NOT NULL,
  UNIQUE (caller, id)
) STRICT;

CREATE TABLE audit_log (
  operation_id TEXT NOT NULL PRIMARY KEY,
  caller TEXT NOT NULL,
  id TEXT NOT NULL,
  timestamp TEXT NOT NULL, -- RFC 3339, UTC
  timestamp_us INTEGER NOT NULL, -- the same moment in microseconds, to sort by
  correlation_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  action TEXT NOT NULL,
  details TEXT NOT NULL, -- a JSON object, as it was sent
  ip_address TEXT,
  user_agent TEXT
) STRICT;

CREATE INDEX audit_log_newest ON audit_log (caller, timestamp_us DESC);
