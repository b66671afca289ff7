-- +goose Up
-- What accounts have looked up: domains, addresses and AS numbers, and what was
-- found out of them.

CREATE TABLE lookups (
    row_key     text PRIMARY KEY, -- the stream
    stream      text        NOT NULL,
    id          uuid        NOT NULL,
    number      bigint      NOT NULL,
    version     integer     NOT NULL,
    account     uuid        NOT NULL,
    subject     text        NOT NULL,
    kind        text        NOT NULL,
    lookup_type text        NOT NULL,
    resolver    text        NOT NULL,
    record      json        NOT NULL,
    at          timestamptz NOT NULL
);
CREATE INDEX lookups_account ON lookups (account, number DESC);
CREATE INDEX lookups_subject ON lookups (account, subject, number DESC);
SELECT read_model_made('lookups');

CREATE INDEX streams_unlisted_lookups ON streams (owner) WHERE listed < version AND stream LIKE 'lookup-%';
CREATE INDEX streams_standing_lookups ON streams (owner) WHERE NOT erased AND stream LIKE 'lookup-%';
CREATE INDEX events_lookups ON events (at) WHERE type = 'lookup.completed' AND payload IS NOT NULL;

-- +goose Down
DROP INDEX streams_unlisted_lookups, streams_standing_lookups, events_lookups;
DROP VIEW lookups;
-- +goose StatementBegin
DO $$
DECLARE
    standing text;
BEGIN
    DELETE FROM models WHERE model = 'lookups' RETURNING model || '_v' || live INTO STRICT standing;
    EXECUTE format('DROP TABLE %I, %I', standing, standing || '_places');
END $$;
-- +goose StatementEnd
