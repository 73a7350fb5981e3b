-- Audit of users: every user of a mart has a source id, under the hub key.
SELECT m.user_id, u.source_id, h.user_id AS hub_user_id
FROM (
    SELECT p.user_id FROM cdm.user_product_counters AS p
    UNION
    SELECT c.user_id FROM cdm.user_category_counters AS c
) AS m
LEFT JOIN cdm.users AS u ON m.user_id = u.user_id
LEFT JOIN dds.h_user AS h ON m.user_id = h.h_user_pk
WHERE u.source_id IS DISTINCT FROM h.user_id OR u.source_id IS NULL
