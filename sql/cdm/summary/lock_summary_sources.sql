-- Locks the source tables of the summary: TRUNCATE waits until the refresh ends; batches are not blocked. NOWAIT,
-- because a transaction that truncates several tables one after the other could deadlock with this one.
LOCK TABLE
    dds.bv_order_states,
    dds.h_product, dds.h_category, dds.h_restaurant, dds.s_product_names, dds.s_restaurant_names,
    cdm.user_product_counters, cdm.user_category_counters,
    cdm.tag_rules_in_force, cdm.user_tags, cdm.user_tag_events
IN ACCESS SHARE MODE NOWAIT
