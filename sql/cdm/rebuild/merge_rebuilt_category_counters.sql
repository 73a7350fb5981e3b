-- Merges the rebuilt category counters: inserts missing rows and updates rows that differ, whatever their version,
-- because the replayed value is right. Equal rows are not touched, and every row keeps its id.
MERGE INTO cdm.user_category_counters AS c
USING cdm_rebuild.user_category_counters AS r
    ON c.user_id = r.user_id AND c.category_id = r.category_id
WHEN MATCHED AND (c.category_name, c.order_cnt, c.version) IS DISTINCT FROM (r.category_name, r.order_cnt, r.version) THEN
    UPDATE SET category_name = r.category_name, order_cnt = r.order_cnt, version = r.version
WHEN NOT MATCHED THEN
    INSERT (user_id, category_id, category_name, order_cnt, version)
    VALUES (r.user_id, r.category_id, r.category_name, r.order_cnt, r.version)
