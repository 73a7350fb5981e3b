-- Adds to each stale day the time since when it is stale. A summary without counters shows no time of a last change.

-- The time of the first note decides the order of the days and the age of the figures. dds-service inserts only the day, so the
-- column has a default.
ALTER TABLE cdm_summary.stale_days ADD COLUMN noted_at timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC');

COMMENT ON COLUMN cdm_summary.stale_days.noted_at IS 'When the transaction that changed the orders began, UTC';

-- A DELETE notes the days of the rows that it deletes. Before, it noted the days in the summary, and missed a day whose first refresh
-- was not yet committed. TRUNCATE waits for a refresh to end, so it still notes the days in the summary.
CREATE FUNCTION cdm_summary.note_deleted_days() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO cdm_summary.stale_days (day)
    SELECT DISTINCT cdm_summary.to_moscow(o.order_dt)::date
    FROM deleted AS o;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION cdm_summary.note_deleted_days IS 'Trigger: some orders have gone';

DROP TRIGGER tagmill_stale_days ON dds.bv_order_states;

CREATE TRIGGER tagmill_stale_days AFTER TRUNCATE ON dds.bv_order_states
FOR EACH STATEMENT EXECUTE FUNCTION cdm_summary.note_every_day();
ALTER TABLE dds.bv_order_states ENABLE ALWAYS TRIGGER tagmill_stale_days;

CREATE TRIGGER tagmill_stale_days_deleted AFTER DELETE ON dds.bv_order_states
REFERENCING OLD TABLE AS deleted
FOR EACH STATEMENT EXECUTE FUNCTION cdm_summary.note_deleted_days();
ALTER TABLE dds.bv_order_states ENABLE ALWAYS TRIGGER tagmill_stale_days_deleted;

-- Without counters this was the end of the year 9999, which is the year 10000 in Moscow. The next refresh writes the value again.
UPDATE cdm_summary.refreshes
SET counters_changed_at = NULL, seen = ''
WHERE counters_changed_at >= '9999-12-31';

-- stale_seconds is the age of the oldest change that is not in the figures. The time since the last refresh does not show it, because a
-- refresh may leave days.
CREATE OR REPLACE VIEW cdm.freshness AS
SELECT
    l.last_order_dt AS last_order_at_utc,
    cdm_summary.to_moscow(l.last_order_dt) AS last_order_at_msk,
    r.counters_changed_at AS counters_changed_at_utc,
    cdm_summary.to_moscow(r.counters_changed_at) AS counters_changed_at_msk,
    r.refreshed_at AS refreshed_at_utc,
    cdm_summary.to_moscow(r.refreshed_at) AS refreshed_at_msk,
    extract(EPOCH FROM (now() AT TIME ZONE 'UTC') - r.refreshed_at)::bigint AS refresh_age_seconds,
    d.stale_days_cnt,
    greatest(coalesce(extract(EPOCH FROM (now() AT TIME ZONE 'UTC') - d.noted_at), 0), 0)::bigint AS stale_seconds
FROM cdm_summary.refreshes AS r
CROSS JOIN (
    SELECT max(o.last_order_dt) AS last_order_dt
    FROM cdm_summary.order_hours AS o
    WHERE o.hour_msk = (SELECT max(n.hour_msk) FROM cdm_summary.order_hours AS n)
) AS l
CROSS JOIN (
    SELECT
        count(DISTINCT n.day) AS stale_days_cnt,
        min(n.noted_at) AS noted_at
    FROM cdm_summary.stale_days AS n
) AS d;

COMMENT ON COLUMN cdm.freshness.last_order_at_utc IS 'When the last order was placed, UTC; NULL without any';
COMMENT ON COLUMN cdm.freshness.counters_changed_at_utc IS 'When a counter last changed, UTC; NULL without any';
COMMENT ON COLUMN cdm.freshness.stale_seconds IS
    'How long the oldest change that is not in the figures has waited; 0 if none waits';

-- The summary is not fresh if the oldest stale day has waited for too long, however recent the last refresh is.
CREATE OR REPLACE VIEW cdm.pipeline_health AS
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
        f.stale_seconds < 120 AS is_fresh
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
