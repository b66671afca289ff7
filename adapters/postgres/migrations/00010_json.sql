-- +goose Up
-- JSON in read models is kept as it was made: a rebuild reads it back byte for
-- byte, and neither has to be parsed nor written anew for that. What was being
-- built is given up: it has no indexes yet.
UPDATE models SET building = NULL, run = run + 1;

-- +goose StatementBegin
CREATE FUNCTION read_models_keep(kind regtype, instead regtype) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    m record;
BEGIN
    FOR m IN SELECT model, string_agg(format('ALTER COLUMN %I TYPE %s', a.attname, kind), ', ') AS change
        FROM models JOIN pg_attribute a ON a.attrelid = (model || '_v' || live)::regclass
        WHERE a.atttypid = instead AND NOT a.attisdropped GROUP BY model LOOP
        PERFORM read_model_altered(m.model, m.change);
    END LOOP;
END $$;
-- +goose StatementEnd
SELECT read_models_keep('json', 'jsonb');

-- +goose Down
UPDATE models SET building = NULL, run = run + 1;
SELECT read_models_keep('jsonb', 'json');
DROP FUNCTION read_models_keep;
