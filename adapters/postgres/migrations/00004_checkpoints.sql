-- +goose Up
-- What the installation has signed of the log.

CREATE TABLE checkpoints (
    number    bigint PRIMARY KEY, -- 1, 2, 3 without a gap
    statement bytea  NOT NULL,
    signature bytea  NOT NULL     -- Ed25519
);

-- The heads that the statements name by hash.
CREATE TABLE signed_heads (
    stream     text    NOT NULL,
    version    integer NOT NULL,
    head       bytea   NOT NULL,
    checkpoint bigint  NOT NULL,
    PRIMARY KEY (stream, version)
);
CREATE INDEX signed_heads_checkpoint ON signed_heads (checkpoint);

-- +goose Down
DROP TABLE signed_heads, checkpoints;
