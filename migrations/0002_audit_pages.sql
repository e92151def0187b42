-- What makes the order of audit entries exact, what the service itself saw of them, and an index for each way to list
-- them.

-- A second 60 is the second after it, as it is in timestamp_us: most programs cannot read it.
UPDATE audit_log
  SET timestamp = strftime('%Y-%m-%dT%H:%M:%S', timestamp_us / 1000000, 'unixepoch') || substr(timestamp, 20)
  WHERE substr(timestamp, 18, 2) = '60';

-- The timestamp with nine digits after the second: as texts these are in order, which timestamp_us is to the
-- microsecond alone.
ALTER TABLE audit_log ADD COLUMN moment TEXT NOT NULL GENERATED ALWAYS AS (
  substr(timestamp, 1, 19) || '.' || substr(rtrim(substr(timestamp, 21), 'Z') || '000000000', 1, 9)
) VIRTUAL;

-- NULL in rows that are older than these columns.
ALTER TABLE audit_log ADD COLUMN received_at INTEGER;
ALTER TABLE audit_log ADD COLUMN remote_address TEXT;
ALTER TABLE audit_log ADD COLUMN request_correlation_id TEXT;

-- The last part of an index is the row's number: read backwards, each has its entries in the order of a list.
DROP INDEX audit_log_newest;
CREATE INDEX audit_log_newest ON audit_log (caller, moment);
CREATE INDEX audit_log_of_user ON audit_log (caller, user_id, moment);
CREATE INDEX audit_log_of_action ON audit_log (caller, action, moment);
