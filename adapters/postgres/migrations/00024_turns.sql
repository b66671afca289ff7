-- +goose Up
-- When registries may be asked again, which all processes ask together. Nothing is
-- lost with them, and so they are in no write-ahead log.

CREATE UNLOGGED TABLE turns (
    place  text PRIMARY KEY,     -- host:port
    due    timestamptz NOT NULL, -- when all that was given is worked off
    paused timestamptz NOT NULL DEFAULT '-infinity' -- nothing is given before
);

-- +goose Down
DROP TABLE turns;
