-- +goose Up
-- What logins and keys leave beside the log: no facts, and nothing to prove.

CREATE TABLE sessions (
    id      uuid        PRIMARY KEY,
    account uuid        NOT NULL,
    epoch   text        NOT NULL, -- the account's when it was opened; it is over when that is another
    ends    timestamptz NOT NULL
);
CREATE INDEX sessions_account ON sessions (account);

CREATE TABLE refresh_tokens (
    hash      bytea       PRIMARY KEY, -- SHA-256 of the token
    session   uuid        NOT NULL REFERENCES sessions ON DELETE CASCADE,
    spent_at  timestamptz,             -- null until it is spent
    salt      bytea,                   -- what makes its successor of it, and nothing without it
    successor bytea                    -- the successor's hash
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session);

CREATE TABLE key_uses (
    key     uuid        PRIMARY KEY,
    account uuid        NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX key_uses_account ON key_uses (account);

-- A calendar month's count of requests. Unlike a window's it outlives a crash.
CREATE TABLE months (
    name    text        PRIMARY KEY,
    started timestamptz NOT NULL,
    used    integer     NOT NULL
);

-- The epoch of accounts that were there before: it ends with the next password.
INSERT INTO secrets (name, owner, value)
SELECT 'epoch:' || owner, owner, 'first' FROM secrets WHERE name = 'password:' || owner
ON CONFLICT (name) DO NOTHING;

-- +goose Down
DELETE FROM secrets WHERE name LIKE 'epoch:%';
DROP TABLE months, key_uses, refresh_tokens, sessions;
