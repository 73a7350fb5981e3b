-- Truncates the marts being built, before a rebuild and after it.
TRUNCATE cdm_rebuild.users, cdm_rebuild.user_product_counters, cdm_rebuild.user_category_counters
