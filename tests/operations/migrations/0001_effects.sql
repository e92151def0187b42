-- What has taken effect, of every operation but the unrepeated one.
CREATE TABLE effects (
  operation_id TEXT NOT NULL PRIMARY KEY,
  caller TEXT NOT NULL,
  operation TEXT NOT NULL,
  path TEXT NOT NULL
) STRICT;

-- What the unrepeated operation has done.
CREATE TABLE sent (
  number INTEGER PRIMARY KEY,
  idempotency_key TEXT NOT NULL
) STRICT;
