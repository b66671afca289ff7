-- +goose Up
-- A target's risk looks at the newest completed scan of each profile.
-- +goose StatementBegin
DO $$
DECLARE
    standing text;
BEGIN
    SELECT model || '_v' || live INTO STRICT standing FROM models WHERE model = 'scans';
    EXECUTE format('CREATE INDEX ON %I (account, target_value, profile, number DESC) WHERE state = ''completed''', standing);
END $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%(account, target_value, profile, number DESC)%' LOOP
        EXECUTE format('DROP INDEX %I', name);
    END LOOP;
END $$;
-- +goose StatementEnd
