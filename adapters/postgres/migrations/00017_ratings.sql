-- +goose Up
-- How bad a finding is by CVSS. It is null where nothing says so, as of all that
-- was found before: no row has to be made again.
SELECT read_model_altered('findings', 'ADD COLUMN cvss json');

-- +goose Down
SELECT read_model_altered('findings', 'DROP COLUMN cvss');
