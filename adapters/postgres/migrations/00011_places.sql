-- +goose Up
-- How far a stream is in a model is asked for by the stream: with the model
-- first, which a partition has one of, the key was no use for that, and each
-- stream of a batch cost a look at all of them. What was being built is given up.
UPDATE models SET building = NULL, run = run + 1;
ALTER TABLE projected DROP CONSTRAINT projected_pkey1, ADD PRIMARY KEY (stream, projection);

-- +goose Down
UPDATE models SET building = NULL, run = run + 1;
ALTER TABLE projected DROP CONSTRAINT projected_pkey, ADD PRIMARY KEY (projection, stream);
