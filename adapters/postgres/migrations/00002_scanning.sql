-- +goose Up
-- What the workers need: the probes that are to be run, and what they kept.

CREATE TABLE probes (
    scan        uuid    NOT NULL,
    tool        text    NOT NULL,
    account     uuid    NOT NULL,
    cause       text    NOT NULL,
    token       integer NOT NULL DEFAULT 0, -- fencing token of the newest lease
    attempt     integer NOT NULL DEFAULT 0,
    worker      text    NOT NULL DEFAULT '',
    lease_until timestamptz,                -- null while it waits
    dropped     boolean NOT NULL DEFAULT false,
    enqueued    bigint  GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (scan, tool)
);
CREATE INDEX probes_waiting ON probes (enqueued) WHERE NOT dropped;

CREATE TABLE evidence (
    scan uuid  NOT NULL,
    hash text  NOT NULL, -- SHA-256 of body, lower-case hex
    kind text  NOT NULL,
    body bytea NOT NULL,
    at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scan, hash)
);

-- A window's count of requests. Lost in a crash, as a window is.
CREATE UNLOGGED TABLE limits (
    name    text        PRIMARY KEY,
    started timestamptz NOT NULL,
    used    integer     NOT NULL
);

-- +goose Down
DROP TABLE limits, evidence, probes;
