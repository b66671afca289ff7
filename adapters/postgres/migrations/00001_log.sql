-- +goose Up
-- The log of record, and what must become true in the transaction of its events.

CREATE TABLE events (
    position       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid            xid8        NOT NULL DEFAULT pg_current_xact_id(), -- for the relay's fence; worthless after a dump and restore
    id             uuid        NOT NULL,
    stream         text        NOT NULL,
    version        integer     NOT NULL,
    owner          uuid        NOT NULL,
    type           text        NOT NULL,
    schema_version smallint    NOT NULL,
    at             timestamptz NOT NULL,
    actor          text        NOT NULL,
    cause          text        NOT NULL,
    trace          text        NOT NULL,
    payload        json        NOT NULL, -- json, not jsonb: the bytes are what the digest is of
    digest         bytea       NOT NULL, -- SHA-256 of the payload
    hash           bytea       NOT NULL, -- SHA-256 over the event before, what is known of this one, and its digest
    CONSTRAINT events_id_key UNIQUE (id),
    CONSTRAINT events_stream_version_key UNIQUE (stream, version)
);
CREATE INDEX events_fence ON events (xid, position);

CREATE TABLE streams (
    stream  text    PRIMARY KEY,
    owner   uuid    NOT NULL,
    version integer NOT NULL,
    head    bytea   NOT NULL,          -- hash of the newest event
    listed  integer NOT NULL DEFAULT 0 -- the version that the read model of lists has
);
CREATE INDEX streams_unlisted ON streams (owner) WHERE listed < version AND stream LIKE 'scan-%';

CREATE TABLE claims (
    name   text PRIMARY KEY,
    stream text NOT NULL
);

CREATE TABLE secrets (
    name  text  PRIMARY KEY,
    owner uuid  NOT NULL,
    value bytea NOT NULL
);
CREATE INDEX secrets_owner ON secrets (owner);

CREATE TABLE tallies (
    name text    PRIMARY KEY,
    used integer NOT NULL DEFAULT 0
);

CREATE TABLE relay (
    name     text   PRIMARY KEY,
    xid      xid8   NOT NULL DEFAULT '0',
    position bigint NOT NULL DEFAULT 0
);

-- +goose Down
DROP TABLE relay, tallies, secrets, claims, streams, events;
