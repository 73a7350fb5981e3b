-- Merges the rebuilt product counters: inserts missing rows and updates rows that differ, whatever their version,
-- because the replayed value is right. Equal rows are not touched, and every row keeps its id.
MERGE INTO cdm.user_product_counters AS c
USING cdm_rebuild.user_product_counters AS r
    ON c.user_id = r.user_id AND c.product_id = r.product_id
WHEN MATCHED AND (c.product_name, c.order_cnt, c.version) IS DISTINCT FROM (r.product_name, r.order_cnt, r.version) THEN
    UPDATE SET product_name = r.product_name, order_cnt = r.order_cnt, version = r.version
WHEN NOT MATCHED THEN
    INSERT (user_id, product_id, product_name, order_cnt, version)
    VALUES (r.user_id, r.product_id, r.product_name, r.order_cnt, r.version)
