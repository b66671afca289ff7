-- +goose Up
-- The read models of projections/, each rebuilt from the log at any time.

CREATE TABLE projected (
    projection text    NOT NULL,
    stream     text    NOT NULL,
    version    integer NOT NULL, -- the newest event that is in the rows
    PRIMARY KEY (projection, stream)
);

CREATE TABLE scans (
    row_key      text PRIMARY KEY, -- the stream
    stream       text        NOT NULL,
    scan         uuid        NOT NULL,
    number       bigint      NOT NULL,
    version      integer     NOT NULL,
    account      uuid        NOT NULL,
    contract     text        NOT NULL,
    target_value text        NOT NULL,
    target       jsonb       NOT NULL,
    profile      text        NOT NULL,
    state        text        NOT NULL,
    probes       jsonb       NOT NULL,
    progress     integer     NOT NULL,
    scores       jsonb,
    findings     jsonb       NOT NULL,
    open_ports   integer     NOT NULL,
    reason       text        NOT NULL,
    retest_of    uuid        NOT NULL,
    requested_at timestamptz NOT NULL,
    started_at   timestamptz,
    finished_at  timestamptz
);
CREATE INDEX scans_account ON scans (account, number DESC);
CREATE INDEX scans_target ON scans (account, target_value, number DESC);

CREATE TABLE findings (
    row_key     text PRIMARY KEY, -- the stream, the finding and where it is
    stream      text        NOT NULL,
    scan        uuid        NOT NULL,
    account     uuid        NOT NULL,
    tool        text        NOT NULL,
    finding     text        NOT NULL,
    location    text        NOT NULL,
    title       text        NOT NULL,
    severity    text        NOT NULL,
    cwe         integer     NOT NULL,
    cve         text[]      NOT NULL,
    description text        NOT NULL,
    detail      text        NOT NULL,
    remedy      text        NOT NULL,
    refs        text[]      NOT NULL,
    evidence    text        NOT NULL,
    raised_at   timestamptz NOT NULL
);
CREATE INDEX findings_scan ON findings (scan);
CREATE INDEX findings_account ON findings (account, severity);

CREATE TABLE reports (
    row_key      text PRIMARY KEY, -- the stream
    stream       text        NOT NULL,
    scan         uuid        NOT NULL,
    version      integer     NOT NULL,
    account      uuid        NOT NULL,
    requested_at timestamptz NOT NULL,
    completed_at timestamptz,
    document     jsonb       NOT NULL
);
CREATE INDEX reports_account ON reports (account, completed_at DESC) WHERE completed_at IS NOT NULL;

-- +goose Down
DROP TABLE reports, findings, scans, projected;
