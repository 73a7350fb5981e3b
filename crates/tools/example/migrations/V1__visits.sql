CREATE TABLE visits (at timestamptz NOT NULL DEFAULT clock_timestamp());
COMMENT ON TABLE visits IS 'One row for each request.';
COMMENT ON COLUMN visits.at IS 'When the request came.';
CREATE INDEX visits_at ON visits (at);
