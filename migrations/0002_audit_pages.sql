-- What an audit entry's order needs to be exact, what the service itself saw of it, and an index for each way to list
-- entries. The rows of an index end with the row's number, so that each gives its entries in order, read backwards.

ALTER TABLE audit_log ADD COLUMN timestamp_ns INTEGER NOT NULL DEFAULT 0; -- beyond timestamp_us, 0 to 999
ALTER TABLE audit_log ADD COLUMN received_at INTEGER; -- by the service's clock; NULL in rows that are older
ALTER TABLE audit_log ADD COLUMN remote_address TEXT;
ALTER TABLE audit_log ADD COLUMN request_correlation_id TEXT;

-- A second 60 is the second after it, as it is in timestamp_us: most programs cannot read it.
UPDATE audit_log
  SET timestamp = strftime('%Y-%m-%dT%H:%M:%S', timestamp_us / 1000000, 'unixepoch') || substr(timestamp, 20)
  WHERE substr(timestamp, 18, 2) = '60';

UPDATE audit_log SET timestamp_ns = CAST(substr(timestamp, 27, 3) AS INTEGER) WHERE length(timestamp) = 30;

-- Beyond 2^53 microseconds, a number of JavaScript was not exact.
UPDATE audit_log
  SET timestamp_us = unixepoch(substr(timestamp, 1, 19)) * 1000000
    + CAST(substr(rtrim(substr(timestamp, 21), 'Z') || '000000', 1, 6) AS INTEGER)
  WHERE abs(timestamp_us) > 9007199254740992;

DROP INDEX audit_log_newest;
CREATE INDEX audit_log_newest ON audit_log (caller, timestamp_us, timestamp_ns);
CREATE INDEX audit_log_of_user ON audit_log (caller, user_id, timestamp_us, timestamp_ns);
CREATE INDEX audit_log_of_action ON audit_log (caller, action, timestamp_us, timestamp_ns);
