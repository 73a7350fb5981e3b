-- Updates the totals: users, users with tags, and the time of the last change of a counter. Must run last. Every user
-- with an order has a category counter. A version is the time of its change in microseconds; a value larger than any
-- time counts as the end of the year 9999 in Moscow. Without counters the result is NULL: least() alone would return
-- the end of that year.
UPDATE cdm_summary.refreshes AS r
SET
    counters_changed_at = CASE
        WHEN c.version IS NOT NULL
            THEN to_timestamp(least(c.version, 253402289999000000) / 1000000.0) AT TIME ZONE 'UTC'
    END,
    user_cnt = u.user_cnt,
    tagged_user_cnt = t.tagged_user_cnt,
    user_tag_cnt = t.user_tag_cnt,
    tag_cnt = t.tag_cnt
FROM
    (
        SELECT
            greatest(
                (SELECT max(p.version) FROM cdm_summary.product_users AS p),
                (SELECT max(g.version) FROM cdm_summary.category_users AS g)
            ) AS version
    ) AS c,
    (
        SELECT count(*) AS user_cnt
        FROM (SELECT DISTINCT g.user_id FROM cdm.user_category_counters AS g WHERE g.order_cnt > 0) AS d
    ) AS u,
    (
        SELECT
            (SELECT count(*) FROM (SELECT DISTINCT h.user_id FROM cdm.user_tags AS h) AS d) AS tagged_user_cnt,
            (SELECT coalesce(sum(s.user_cnt), 0) FROM cdm_summary.tags AS s)::bigint AS user_tag_cnt,
            (SELECT count(*) FROM cdm_summary.tags AS s WHERE s.user_cnt > 0) AS tag_cnt
    ) AS t
