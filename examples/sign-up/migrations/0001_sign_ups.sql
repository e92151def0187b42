CREATE TABLE sign_ups (
  operation_id TEXT NOT NULL PRIMARY KEY,
  caller TEXT NOT NULL,
  id TEXT NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at TEXT NOT NULL, -- RFC 3339, UTC
  UNIQUE (caller, id),
  UNIQUE (caller, email)
) STRICT;
