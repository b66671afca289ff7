-- +goose Up
-- Short links.

CREATE TABLE links (
    row_key      text PRIMARY KEY, -- the stream
    stream       text        NOT NULL,
    id           uuid        NOT NULL,
    number       bigint      NOT NULL,
    version      integer     NOT NULL,
    account      uuid        NOT NULL,
    code         text        NOT NULL,
    details      json        NOT NULL,
    enabled      boolean     NOT NULL,
    blocked      json,
    shortened_at timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    deleted_at   timestamptz
);
CREATE INDEX links_account ON links (account, number DESC) WHERE deleted_at IS NULL;
CREATE INDEX links_number ON links (number) WHERE deleted_at IS NULL;
SELECT read_model_made('links');

CREATE INDEX streams_unlisted_links ON streams (owner) WHERE listed < version AND stream LIKE 'link-%';
CREATE INDEX streams_standing_links ON streams (owner) WHERE NOT erased AND stream LIKE 'link-%';

-- +goose Down
DROP INDEX streams_unlisted_links, streams_standing_links;
DROP VIEW links;
-- +goose StatementBegin
DO $$
DECLARE
    standing text;
BEGIN
    DELETE FROM models WHERE model = 'links' RETURNING model || '_v' || live INTO STRICT standing;
    EXECUTE format('DROP TABLE %I, %I', standing, standing || '_places');
END $$;
-- +goose StatementEnd
