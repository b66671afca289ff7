-- +goose Up
-- Which accounts there are is read from here, page by page, by whoever
-- administers the installation.
CREATE INDEX streams_standing_accounts ON streams (owner) WHERE NOT erased AND stream LIKE 'account-%';

-- +goose Down
DROP INDEX streams_standing_accounts;
