-- Sources by name, or all. Parameters: the names, or null.
SELECT
    name,
    loaded_at_query,
    EXTRACT(epoch FROM warn_after)::bigint,
    EXTRACT(epoch FROM error_after)::bigint
FROM segments.sources
WHERE $1::text[] IS NULL OR name = ANY ($1)
ORDER BY name
