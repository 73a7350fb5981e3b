-- Deletes product counters that are not in the rebuilt mart.
DELETE FROM cdm.user_product_counters AS c
WHERE
    NOT EXISTS (
        SELECT
        FROM cdm_rebuild.user_product_counters AS r
        WHERE r.user_id = c.user_id AND r.product_id = c.product_id
    )
