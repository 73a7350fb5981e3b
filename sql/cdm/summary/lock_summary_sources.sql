-- Who truncates one of these waits until the summary is refreshed; batches do not notice. Nobody is waited for: who truncates
-- several, one after the other, would be waited for in a circle.
LOCK TABLE
    dds.bv_order_states,
    dds.h_product, dds.h_category, dds.h_restaurant, dds.s_product_names, dds.s_restaurant_names,
    cdm.user_product_counters, cdm.user_category_counters,
    cdm.tag_rules_in_force, cdm.user_tags, cdm.user_tag_events
IN ACCESS SHARE MODE NOWAIT
