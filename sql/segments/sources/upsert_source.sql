-- Creates or changes a source. Parameters: the name, the query, seconds after which it is warned, seconds after which it is stale.
INSERT INTO segments.sources (name, loaded_at_query, warn_after, error_after)
VALUES ($1, $2, pg_catalog.make_interval(secs => $3::bigint), pg_catalog.make_interval(secs => $4::bigint))
ON CONFLICT (name) DO UPDATE SET
    loaded_at_query = EXCLUDED.loaded_at_query,
    warn_after = EXCLUDED.warn_after,
    error_after = EXCLUDED.error_after
