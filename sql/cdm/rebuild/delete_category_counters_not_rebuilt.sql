-- Deletes category counters that are not in the rebuilt mart.
DELETE FROM cdm.user_category_counters AS c
WHERE
    NOT EXISTS (
        SELECT
        FROM cdm_rebuild.user_category_counters AS r
        WHERE r.user_id = c.user_id AND r.category_id = c.category_id
    )
