-- An entry of an index has at most a third of a page, and a user's name may be longer than that.

DROP INDEX audit_log_of_user;
DROP INDEX audit_log_of_action;
CREATE INDEX audit_log_of_user ON audit_log (caller, md5(user_id), moment, number);
CREATE INDEX audit_log_of_action ON audit_log (caller, md5(action), moment, number);
