-- What the operations create. Every row carries the id of the operation that made it, and an operation makes
-- one row: that is what lets an attempt be repeated after a crash without doing anything twice.
-- `caller` is the scope of the idempotency key, 64 hex digits.

CREATE TABLE resources (
  operation_id text PRIMARY KEY,
  caller text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  description text,
  metadata json NOT NULL, -- as it was sent, which jsonb would not keep
  created_at timestamptz NOT NULL,
  idempotency_key text NOT NULL,
  UNIQUE (caller, id)
);

CREATE TABLE transactions (
  operation_id text PRIMARY KEY,
  caller text NOT NULL,
  id text NOT NULL,
  amount numeric NOT NULL, -- exact, with the zeros at its end
  currency text NOT NULL,
  description text NOT NULL,
  status text NOT NULL,
  created_at timestamptz NOT NULL,
  idempotency_key text NOT NULL,
  UNIQUE (caller, id)
);

CREATE TABLE audit_log (
  operation_id text PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE, -- the order in which entries came
  caller text NOT NULL,
  id text NOT NULL,
  timestamp text NOT NULL, -- RFC 3339, UTC, to the nanosecond, of which timestamptz has no room
  timestamp_us bigint NOT NULL, -- the same moment in microseconds since 1970
  correlation_id text NOT NULL,
  user_id text NOT NULL,
  action text NOT NULL,
  details json NOT NULL, -- as it was sent
  ip_address text,
  user_agent text,
  received_at timestamptz NOT NULL,
  remote_address text,
  request_correlation_id text NOT NULL,
  -- The timestamp with nine digits after the second: as texts these are in order.
  moment text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
    substr("timestamp", 1, 19) || '.' || substr(rtrim(substr("timestamp", 21), 'Z') || '000000000', 1, 9)
  ) STORED
);

-- Read backwards, each has its entries in the order of a list.
CREATE INDEX audit_log_newest ON audit_log (caller, moment, number);
CREATE INDEX audit_log_of_user ON audit_log (caller, user_id, moment, number);
CREATE INDEX audit_log_of_action ON audit_log (caller, action, moment, number);
