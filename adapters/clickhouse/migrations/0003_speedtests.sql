-- Measurements of networks, with their raw samples as JSON: the figures can be
-- made of them again. What was not measured is nan. No addresses: they are
-- personal data. Beyond the window the engine keeps one row per event, as with
-- requests; a request that was begun again may have another moment.
CREATE TABLE IF NOT EXISTS speedtests_v1
(
    event_id            UUID,
    at                  DateTime64(3, 'UTC'),
    account             UUID,
    origin              LowCardinality(String),
    server              LowCardinality(String),
    location            LowCardinality(String),
    method              UInt8,
    download_bps        Float64,
    upload_bps          Float64,
    latency_ms          Float64,
    jitter_ms           Float64,
    download_latency_ms Float64,
    upload_latency_ms   Float64,
    packet_loss         Float64,
    bufferbloat         LowCardinality(String),
    samples             String CODEC(ZSTD),
    topic               LowCardinality(String),
    partition           Int32,
    offset              Int64
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (account, event_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE VIEW IF NOT EXISTS speedtests AS SELECT * FROM speedtests_v1 FINAL;
