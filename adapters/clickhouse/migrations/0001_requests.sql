-- Requests served, by whoever made them. No addresses: they are personal data.
-- The same event comes once more after every retry. Within the window a batch
-- with a known token is dropped; beyond it the engine keeps one row per sort
-- key, within a partition, hence a partition from the event's own time.
CREATE TABLE IF NOT EXISTS requests_v1
(
    event_id    UUID,
    at          DateTime64(3, 'UTC'),
    account     UUID,
    key         UUID,
    contract    LowCardinality(String),
    operation   LowCardinality(String),
    method      LowCardinality(String),
    status      UInt16,
    duration_us UInt64,
    bytes_in    UInt64,
    bytes_out   UInt64,
    topic       LowCardinality(String),
    partition   Int32,
    offset      Int64
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (account, at, event_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE VIEW IF NOT EXISTS requests AS SELECT * FROM requests_v1 FINAL;
