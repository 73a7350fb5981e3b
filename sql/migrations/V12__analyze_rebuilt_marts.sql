-- Only the owner of a table may analyze it, and the role of a service owns no table. Without statistics the planner assumes that
-- rebuilt marts are empty and merges them row by row.
CREATE FUNCTION cdm_rebuild.analyze_marts() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    ANALYZE cdm_rebuild.users, cdm_rebuild.user_product_counters, cdm_rebuild.user_category_counters;
END
$$;

COMMENT ON FUNCTION cdm_rebuild.analyze_marts IS 'Brings the statistics of the marts that were built up to date';
