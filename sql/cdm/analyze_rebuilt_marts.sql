-- They have filled within minutes; without this the planner takes them for empty and joins them row by row.
ANALYZE cdm_rebuild.users, cdm_rebuild.user_product_counters, cdm_rebuild.user_category_counters
