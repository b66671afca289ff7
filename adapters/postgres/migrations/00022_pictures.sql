-- +goose Up
-- Previews of QR codes, where every process finds them until their time is over.
-- Nothing is lost with them, and so they are in no write-ahead log.

CREATE UNLOGGED TABLE pictures (
    record text PRIMARY KEY,     -- made of the picture's name, which is not here
    sealed bytea       NOT NULL, -- with a key that is made of it too
    until  timestamptz NOT NULL
);
CREATE INDEX pictures_until ON pictures (until);

-- +goose Down
DROP TABLE pictures;
