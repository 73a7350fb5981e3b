-- Updates the list of tags that a rule gives or a user has, with the number of rules and of users. A user who has a tag
-- by two rules counts once.
WITH rule AS (
    SELECT left(r.tag, 255) AS tag, count(*) AS rule_cnt
    FROM cdm.tag_rules_in_force AS r
    WHERE NOT r.retired
    GROUP BY 1
),

holder AS (
    SELECT d.tag, count(*) AS user_cnt
    FROM (
        SELECT DISTINCT left(t.tag, 255) AS tag, t.user_id
        FROM cdm.user_tags AS t
    ) AS d
    GROUP BY d.tag
),

fresh AS MATERIALIZED (
    SELECT
        coalesce(r.tag, h.tag) AS tag,
        coalesce(r.rule_cnt, 0) AS rule_cnt,
        coalesce(h.user_cnt, 0) AS user_cnt
    FROM rule AS r
    FULL JOIN holder AS h ON r.tag = h.tag
),

gone AS (
    DELETE FROM cdm_summary.tags AS t
    WHERE NOT EXISTS (SELECT FROM fresh AS f WHERE f.tag = t.tag)
)

INSERT INTO cdm_summary.tags AS t (tag, rule_cnt, user_cnt)
SELECT f.tag, f.rule_cnt, f.user_cnt
FROM fresh AS f
LEFT JOIN cdm_summary.tags AS h ON f.tag = h.tag
WHERE (f.rule_cnt, f.user_cnt) IS DISTINCT FROM (h.rule_cnt, h.user_cnt)
ON CONFLICT (tag) DO UPDATE
SET
    rule_cnt = excluded.rule_cnt,
    user_cnt = excluded.user_cnt
