-- +goose Up
-- What was answered to requests that carry an Idempotency-Key.

CREATE TABLE answers (
    record       text PRIMARY KEY,     -- keyed hash of who asks and of the key
    attempt      uuid        NOT NULL, -- the newest; no other one may append
    owner        uuid        NOT NULL,
    fingerprint  bytea       NOT NULL, -- keyed hash of what is asked for
    salt         bytea       NOT NULL, -- of secrets that are shown once; empty when the answer is there
    leased_until timestamptz NOT NULL,
    keep_until   timestamptz NOT NULL,
    steps        text[]      NOT NULL DEFAULT '{}', -- the step of each of events
    events       uuid[]      NOT NULL DEFAULT '{}', -- what attempts have appended
    answer       bytea                              -- sealed; null while there is none
);
CREATE INDEX answers_keep_until ON answers (keep_until);
CREATE INDEX answers_owner ON answers (owner);

-- +goose Down
DROP TABLE answers;
