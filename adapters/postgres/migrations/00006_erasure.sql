-- +goose Up
-- What becomes of personal data and of old scans: payloads go, the chain stays.

ALTER TABLE events ALTER COLUMN payload DROP NOT NULL; -- null when it is erased

-- A stream that is erased has said its last word.
ALTER TABLE streams ADD COLUMN erased boolean NOT NULL DEFAULT false;
CREATE INDEX streams_deleted ON streams (owner) WHERE erased;
CREATE INDEX streams_standing ON streams (owner) WHERE NOT erased AND stream LIKE 'scan-%';
CREATE INDEX claims_stream ON claims (stream);

-- The ends of scans that are not erased, by their age.
CREATE INDEX events_ended ON events (at)
    WHERE type IN ('scan.completed', 'scan.failed', 'scan.cancelled') AND payload IS NOT NULL;

-- Deleted accounts that ClickHouse has not forgotten yet.
CREATE TABLE forgetting (
    account uuid PRIMARY KEY,
    since   timestamptz NOT NULL DEFAULT now()
);

-- The log is only ever added to. All that may change is that a payload goes.
-- +goose StatementBegin
CREATE FUNCTION guard_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        OLD.payload := NULL;
        IF NEW.payload IS NULL AND OLD *= NEW THEN -- by its bytes, as json knows no equality
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events are not changed or removed: % of %', lower(TG_OP), TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER events_guard BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION guard_events();
CREATE TRIGGER events_guard_all BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION guard_events();

-- +goose Down
DROP TRIGGER events_guard_all ON events;
DROP TRIGGER events_guard ON events;
DROP FUNCTION guard_events;
DROP TABLE forgetting;
DROP INDEX events_ended, claims_stream;
ALTER TABLE streams DROP COLUMN erased;
