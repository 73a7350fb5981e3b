-- Truncates the vault for a rebuild. bv_order_states comes first, because it is also the first table a batch locks:
-- running batches end before, and new ones wait.
TRUNCATE
    dds.bv_order_states,
    dds.bv_user_product_counters,
    dds.bv_user_category_counters,
    dds.s_user_names,
    dds.s_product_names,
    dds.s_restaurant_names,
    dds.s_order_cost,
    dds.s_order_status,
    dds.s_order_product,
    dds.l_order_product,
    dds.l_product_restaurant,
    dds.l_product_category,
    dds.l_order_user,
    dds.l_order_restaurant,
    dds.h_user,
    dds.h_product,
    dds.h_category,
    dds.h_restaurant,
    dds.h_order
