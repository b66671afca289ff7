-- +goose Up
-- How targets are scanned without being asked for, and who is about to start a
-- run that is due. Targets from before have no schedule, so nothing has to be replayed.
SELECT read_model_altered('targets', 'ADD COLUMN schedule json, ADD COLUMN next_run timestamptz');
-- +goose StatementBegin
DO $$
DECLARE
    standing text;
BEGIN
    SELECT model || '_v' || live INTO STRICT standing FROM models WHERE model = 'targets';
    EXECUTE format('CREATE INDEX ON %I (next_run) WHERE next_run IS NOT NULL', standing);
END $$;
-- +goose StatementEnd

CREATE TABLE runs_taken (
    target uuid        PRIMARY KEY,
    due    timestamptz NOT NULL, -- the run; another one of the same target is free
    until  timestamptz NOT NULL
);

-- +goose Down
DROP TABLE runs_taken;
SELECT read_model_altered('targets', 'DROP COLUMN schedule, DROP COLUMN next_run');
