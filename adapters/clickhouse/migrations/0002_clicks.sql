-- Visits to short links. No addresses: a visitor is a keyed hash that is
-- another one every day. One link's rows lie together, by time.
CREATE TABLE IF NOT EXISTS clicks_v1
(
    event_id  UUID,
    at        DateTime64(3, 'UTC'),
    account   UUID,
    link      UUID,
    code      String,
    visitor   String,
    agent     LowCardinality(String),
    via       LowCardinality(String),
    rule      LowCardinality(String),
    fallback  Bool,
    referrer  LowCardinality(String),
    country   LowCardinality(String),
    language  LowCardinality(String),
    browser   LowCardinality(String),
    system    LowCardinality(String),
    device    LowCardinality(String),
    topic     LowCardinality(String),
    partition Int32,
    offset    Int64
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (account, link, at, event_id)
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 1024;

CREATE VIEW IF NOT EXISTS clicks AS SELECT * FROM clicks_v1 FINAL;

-- What each link has come to on each day (UTC), made from the rows of the day
-- anew whenever some came: so it is right however often and late they come. Of
-- two versions the one that was made of more rows is right.
CREATE TABLE IF NOT EXISTS clicks_days
(
    account   UUID,
    link      UUID,
    day       Date,
    visits    UInt64,
    made      DateTime64(3, 'UTC'),
    mark      UUID,
    last      DateTime64(3, 'UTC'),
    quarters  Map(UInt16, UInt64),
    referrer  Map(String, UInt64),
    country   Map(String, UInt64),
    language  Map(String, UInt64),
    browser   Map(String, UInt64),
    system    Map(String, UInt64),
    device    Map(String, UInt64),
    rule      Map(String, UInt64),
    via       Map(String, UInt64)
)
ENGINE = ReplacingMergeTree(visits)
PARTITION BY toYear(day)
ORDER BY (account, link, day)
SETTINGS index_granularity = 256;

-- Days with so many visits that they are not made anew for each: one is due
-- while its newest mark is another than what clicks_days was made for.
CREATE TABLE IF NOT EXISTS clicks_due
(
    account UUID,
    link    UUID,
    day     Date,
    mark    UUID
)
ENGINE = ReplacingMergeTree
ORDER BY (account, link, day);

-- Up to when everything that reached the broker is counted.
CREATE TABLE IF NOT EXISTS counted
(
    model LowCardinality(String),
    until DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY model;
