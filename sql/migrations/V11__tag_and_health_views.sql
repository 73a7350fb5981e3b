-- What people and dashboards read of tags, and of how the pipeline is doing. The same contract as V10.

CREATE VIEW cdm.tag_popularity AS
SELECT
    t.tag, t.rule_cnt, t.user_cnt,
    row_number() OVER (ORDER BY t.user_cnt DESC, t.tag) AS place
FROM cdm_summary.tags AS t;

CREATE VIEW cdm.tag_progress AS
SELECT
    t.rule_id, t.tag, t.subject,
    coalesce(c.category_name, p.product_name, t.subject_key) AS subject_name,
    t.threshold, t.enabled, t.order_cnt,
    t.threshold - t.order_cnt AS orders_left,
    t.user_cnt
FROM cdm_summary.tag_progress AS t
LEFT JOIN cdm_summary.categories AS c ON t.subject = 'category' AND t.subject_id = c.h_category_pk
LEFT JOIN cdm_summary.products AS p ON t.subject = 'product' AND t.subject_id = p.h_product_pk;

CREATE VIEW cdm.tag_events_by_day AS
SELECT e.day AS day_msk, e.tag, e.assigned_cnt, e.revoked_cnt
FROM cdm_summary.tag_event_days AS e;

CREATE VIEW cdm.tag_list AS
SELECT t.tag
FROM cdm_summary.tags AS t
UNION
SELECT e.tag
FROM cdm_summary.tag_event_days AS e;

CREATE VIEW cdm.freshness AS
SELECT
    l.last_order_dt AS last_order_at_utc,
    cdm_summary.to_moscow(l.last_order_dt) AS last_order_at_msk,
    r.counters_changed_at AS counters_changed_at_utc,
    cdm_summary.to_moscow(r.counters_changed_at) AS counters_changed_at_msk,
    r.refreshed_at AS refreshed_at_utc,
    cdm_summary.to_moscow(r.refreshed_at) AS refreshed_at_msk,
    extract(EPOCH FROM (now() AT TIME ZONE 'UTC') - r.refreshed_at)::bigint AS refresh_age_seconds,
    (SELECT count(DISTINCT d.day) FROM cdm_summary.stale_days AS d) AS stale_days_cnt
FROM cdm_summary.refreshes AS r
CROSS JOIN (
    SELECT max(o.last_order_dt) AS last_order_dt
    FROM cdm_summary.order_hours AS o
    WHERE o.hour_msk = (SELECT max(n.hour_msk) FROM cdm_summary.order_hours AS n)
) AS l;

-- What waits is good for as long as a refresh, or the round that sends it, may take. The figures are those of now.
CREATE VIEW cdm.pipeline_health AS
WITH measured AS (
    SELECT
        (SELECT count(*) FROM stg.order_events AS e WHERE e.parked_at IS NOT NULL) AS parked_orders,
        (SELECT count(*) FROM stg.order_events AS e WHERE e.unsent) AS unsent_orders,
        (
            SELECT count(*)
            FROM (SELECT DISTINCT m.kind, m.name_id, m.restaurant_id FROM stg.missing_names AS m) AS n
        ) AS missing_names,
        (SELECT count(*) FROM public.tagmill_rebuilds AS r WHERE r.service = 'dds-service') AS dds_rebuilds,
        (SELECT count(*) FROM public.tagmill_rebuilds AS r WHERE r.service = 'cdm-service') AS cdm_rebuilds,
        f.stale_days_cnt AS stale_days,
        u.unsent_tag_events, u.late_tag_events,
        (SELECT count(*) FROM cdm.tag_rules_in_force AS p WHERE p.pending) AS pending_rules,
        f.refresh_age_seconds,
        f.stale_days_cnt = 0 OR f.refresh_age_seconds < 120 AS is_fresh
    FROM cdm.freshness AS f
    CROSS JOIN (
        SELECT
            count(*) AS unsent_tag_events,
            count(*) FILTER (WHERE e.at < (now() AT TIME ZONE 'UTC') - interval '1 minute') AS late_tag_events
        FROM cdm.user_tag_events AS e
        WHERE e.unsent
    ) AS u
)

SELECT i.layer, i.indicator, i.indicator_name, i.value, i.is_good
FROM measured AS m
CROSS JOIN LATERAL (
    VALUES
    ('STG', 'parked_orders', 'Заказы, которые ждут имён', m.parked_orders, m.parked_orders = 0),
    ('STG', 'unsent_orders', 'Неотправленные заказы', m.unsent_orders, m.unsent_orders = 0),
    ('STG', 'missing_names', 'Недостающие имена', m.missing_names, m.missing_names = 0),
    ('DDS', 'rebuild_under_way', 'Перестройка хранилища', m.dds_rebuilds, m.dds_rebuilds = 0),
    ('DDS', 'stale_days', 'Дни, которые ждут пересчёта', m.stale_days, m.is_fresh),
    ('CDM', 'rebuild_under_way', 'Перестройка витрин', m.cdm_rebuilds, m.cdm_rebuilds = 0),
    ('CDM', 'unsent_tag_events', 'Неотправленные события тегов', m.unsent_tag_events, m.late_tag_events = 0),
    ('CDM', 'pending_rules', 'Правила, которые применяются', m.pending_rules, m.pending_rules = 0),
    ('CDM', 'refresh_age_seconds', 'Секунд с обновления сводки', m.refresh_age_seconds, m.is_fresh)
) AS i (layer, indicator, indicator_name, value, is_good);

COMMENT ON VIEW cdm.tag_popularity IS 'Tags by the users who have them';
COMMENT ON COLUMN cdm.tag_popularity.tag IS 'What users are called';
COMMENT ON COLUMN cdm.tag_popularity.rule_cnt IS 'Rules that give it';
COMMENT ON COLUMN cdm.tag_popularity.user_cnt IS 'Users who have it';
COMMENT ON COLUMN cdm.tag_popularity.place IS '1 for the most users, then by tag';

COMMENT ON VIEW cdm.tag_progress IS 'How close users are to the tag of each rule';
COMMENT ON COLUMN cdm.tag_progress.rule_id IS 'Rule';
COMMENT ON COLUMN cdm.tag_progress.tag IS 'Its tag';
COMMENT ON COLUMN cdm.tag_progress.subject IS 'What it counts: category or product';
COMMENT ON COLUMN cdm.tag_progress.subject_name IS 'Name of the category or product';
COMMENT ON COLUMN cdm.tag_progress.threshold IS 'So many orders are enough';
COMMENT ON COLUMN cdm.tag_progress.enabled IS 'Whether the rule gives tags';
COMMENT ON COLUMN cdm.tag_progress.order_cnt IS 'Orders of these users, from 1; the threshold stands for all above it';
COMMENT ON COLUMN cdm.tag_progress.orders_left IS 'So many are missing';
COMMENT ON COLUMN cdm.tag_progress.user_cnt IS 'Users with so many orders';

COMMENT ON VIEW cdm.tag_events_by_day IS 'Tags assigned and revoked, day by day';
COMMENT ON COLUMN cdm.tag_events_by_day.day_msk IS 'Day in Moscow';
COMMENT ON COLUMN cdm.tag_events_by_day.tag IS 'What users are called';
COMMENT ON COLUMN cdm.tag_events_by_day.assigned_cnt IS 'So often assigned';
COMMENT ON COLUMN cdm.tag_events_by_day.revoked_cnt IS 'So often revoked';

COMMENT ON VIEW cdm.tag_list IS 'Every tag, to choose from';
COMMENT ON COLUMN cdm.tag_list.tag IS 'What users are called';

COMMENT ON VIEW cdm.freshness IS 'How fresh the figures are, in one row';
COMMENT ON COLUMN cdm.freshness.last_order_at_utc IS 'When the last order was placed, UTC';
COMMENT ON COLUMN cdm.freshness.last_order_at_msk IS 'The same, in Moscow';
COMMENT ON COLUMN cdm.freshness.counters_changed_at_utc IS 'When a counter last changed, UTC';
COMMENT ON COLUMN cdm.freshness.counters_changed_at_msk IS 'The same, in Moscow';
COMMENT ON COLUMN cdm.freshness.refreshed_at_utc IS 'When the figures were last brought up to date, UTC';
COMMENT ON COLUMN cdm.freshness.refreshed_at_msk IS 'The same, in Moscow';
COMMENT ON COLUMN cdm.freshness.refresh_age_seconds IS 'How long ago that was';
COMMENT ON COLUMN cdm.freshness.stale_days_cnt IS 'Days with changes that are not in the figures yet';

COMMENT ON VIEW cdm.pipeline_health IS 'How the pipeline is doing, as of now';
COMMENT ON COLUMN cdm.pipeline_health.layer IS 'STG, DDS or CDM';
COMMENT ON COLUMN cdm.pipeline_health.indicator IS 'What is measured';
COMMENT ON COLUMN cdm.pipeline_health.indicator_name IS 'The same in Russian';
COMMENT ON COLUMN cdm.pipeline_health.value IS 'Its value';
COMMENT ON COLUMN cdm.pipeline_health.is_good IS 'Whether that is as it should be';
