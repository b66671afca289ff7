-- +goose Up
-- What accounts have on their lists to be scanned.

CREATE TABLE targets (
    row_key      text PRIMARY KEY, -- the stream
    stream       text        NOT NULL,
    id           uuid        NOT NULL,
    number       bigint      NOT NULL,
    version      integer     NOT NULL,
    account      uuid        NOT NULL,
    target_value text        NOT NULL,
    target       jsonb       NOT NULL,
    name         text        NOT NULL, -- sealed, as the description is
    description  text        NOT NULL,
    frequency    text        NOT NULL,
    active       boolean     NOT NULL,
    proof        jsonb,
    added_at     timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    removed_at   timestamptz
);
CREATE INDEX targets_account ON targets (account, number DESC) WHERE removed_at IS NULL;
SELECT read_model_made('targets');

CREATE INDEX streams_unlisted_targets ON streams (owner) WHERE listed < version AND stream LIKE 'target-%';
CREATE INDEX streams_standing_targets ON streams (owner) WHERE NOT erased AND stream LIKE 'target-%';

-- +goose Down
DROP INDEX streams_unlisted_targets, streams_standing_targets;
DROP VIEW targets;
-- +goose StatementBegin
DO $$
DECLARE
    standing text;
BEGIN
    DELETE FROM models WHERE model = 'targets' RETURNING model || '_v' || live INTO STRICT standing;
    EXECUTE format('DROP TABLE %I, %I', standing, standing || '_places');
END $$;
-- +goose StatementEnd
