-- Only the owner of a table may analyze it, and the role that a service runs as owns none. Without it the planner takes the marts
-- that were just built for empty ones and merges them row by row.
CREATE FUNCTION cdm_rebuild.analyze_marts() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    ANALYZE cdm_rebuild.users, cdm_rebuild.user_product_counters, cdm_rebuild.user_category_counters;
END
$$;

COMMENT ON FUNCTION cdm_rebuild.analyze_marts IS 'Brings the statistics of the marts that were built up to date';
