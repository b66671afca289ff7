-- +goose Up
-- Read models have versions. A model's name is a view over the version that is
-- live, the table NAME_vN; how far each stream is in it stands in
-- NAME_vN_places, which is the model's partition of projected while N is live.

CREATE TABLE models (
    model    text    PRIMARY KEY,
    live     integer NOT NULL,           -- the version behind the view
    building integer,                    -- the version that is being made beside it, if one is
    run      integer NOT NULL DEFAULT 0, -- number of the last process that went about it: an earlier one has lost it
    state    jsonb   NOT NULL DEFAULT '{}', -- where that goes on after it was cut off
    touched  timestamptz NOT NULL DEFAULT now() -- when that was noted
);

ALTER TABLE projected RENAME TO projected_before;
CREATE TABLE projected (
    projection text    NOT NULL,
    stream     text    NOT NULL,
    version    integer NOT NULL, -- the newest event that is in the rows
    PRIMARY KEY (projection, stream)
) PARTITION BY LIST (projection);

-- A migration that adds a read model makes its table and then calls this.
-- +goose StatementBegin
CREATE FUNCTION read_model_made(model text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I RENAME TO %I', model, model || '_v1');
    EXECUTE format('CREATE VIEW %I AS SELECT * FROM %I', model, model || '_v1');
    EXECUTE format('CREATE TABLE %I PARTITION OF projected FOR VALUES IN (%L)', model || '_v1_places', model);
    INSERT INTO models (model, live) VALUES (model, 1);
END $$;
-- +goose StatementEnd

-- A migration that gives a read model other columns calls this with what would
-- follow ALTER TABLE. What was being built is given up.
-- +goose StatementBegin
CREATE FUNCTION read_model_altered(name text, change text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    standing text;
BEGIN
    UPDATE models SET building = NULL, run = run + 1 WHERE model = name RETURNING name || '_v' || live INTO STRICT standing;
    EXECUTE format('DROP VIEW %I', name);
    EXECUTE format('ALTER TABLE %I %s', standing, change);
    EXECUTE format('CREATE VIEW %I AS SELECT * FROM %I', name, standing);
END $$;
-- +goose StatementEnd

SELECT read_model_made('scans'), read_model_made('findings'), read_model_made('reports');
INSERT INTO projected SELECT * FROM projected_before;
DROP TABLE projected_before;

-- +goose Down
-- +goose StatementBegin
DO $$
DECLARE
    m record;
BEGIN
    FOR m IN SELECT model, live FROM models LOOP
        EXECUTE format('DROP VIEW %I', m.model);
        EXECUTE format('ALTER TABLE %I RENAME TO %I', m.model || '_v' || m.live, m.model);
    END LOOP;
END $$;
-- +goose StatementEnd
CREATE TABLE projected_after (projection text NOT NULL, stream text NOT NULL, version integer NOT NULL, PRIMARY KEY (projection, stream));
INSERT INTO projected_after SELECT * FROM projected;
DROP TABLE projected;
ALTER TABLE projected_after RENAME TO projected;
DROP FUNCTION read_model_made, read_model_altered;
DROP TABLE models;
