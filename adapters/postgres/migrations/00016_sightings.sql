-- +goose Up
-- What each scan saw of its target's weaknesses, under fingerprints by which they
-- are known again, and what it has looked at. Findings that last are folded from
-- the scans of a target in their order. Scans from before are read from the log
-- until `scanledger replay sightings` has put them here.

CREATE TABLE sightings (
    row_key      text PRIMARY KEY, -- the stream
    stream       text        NOT NULL,
    scan         uuid        NOT NULL,
    number       bigint      NOT NULL,
    version      integer     NOT NULL,
    account      uuid        NOT NULL,
    target_value text        NOT NULL,
    target       json        NOT NULL,
    profile      text        NOT NULL,
    requested_at timestamptz NOT NULL,
    looks        json        NOT NULL,
    seen         json        NOT NULL
);
CREATE INDEX sightings_target ON sightings (account, target_value, number);
SELECT read_model_made('sightings');

-- +goose Down
DROP VIEW sightings;
-- +goose StatementBegin
DO $$
DECLARE
    standing text;
BEGIN
    DELETE FROM models WHERE model = 'sightings' RETURNING model || '_v' || live INTO STRICT standing;
    EXECUTE format('DROP TABLE %I, %I', standing, standing || '_places');
END $$;
-- +goose StatementEnd
