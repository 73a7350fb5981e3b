-- Audit of the summary of hours: the figures of every day in Moscow that is not stale equal those computed from the
-- vault. If an order is linked to several restaurants, the state determines the current one.
WITH current_status AS (
    SELECT DISTINCT ON (s.h_order_pk) s.h_order_pk, left(s.status, 255) AS status
    FROM dds.s_order_status AS s
    ORDER BY s.h_order_pk, s.load_dt DESC
),

current_cost AS (
    SELECT DISTINCT ON (s.h_order_pk) s.h_order_pk, s.cost, s.payment
    FROM dds.s_order_cost AS s
    ORDER BY s.h_order_pk, s.load_dt DESC
),

placed AS (
    SELECT
        h.h_order_pk, h.order_dt, p.h_restaurant_pk,
        (h.order_dt AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Moscow' AS order_msk
    FROM dds.h_order AS h
    INNER JOIN dds.bv_order_states AS p ON h.h_order_pk = p.h_order_pk
),

recounted AS (
    SELECT
        date_trunc('hour', p.order_msk) AS hour_msk,
        date_trunc('hour', p.order_dt) AS hour_utc,
        p.h_restaurant_pk,
        s.status,
        count(*) AS order_cnt,
        sum(c.cost) AS cost,
        sum(c.payment) AS payment,
        max(p.order_dt) AS last_order_dt
    FROM placed AS p
    INNER JOIN current_status AS s ON p.h_order_pk = s.h_order_pk
    INNER JOIN current_cost AS c ON p.h_order_pk = c.h_order_pk
    GROUP BY 1, 2, 3, 4
)

SELECT
    coalesce(o.hour_utc, r.hour_utc) AS hour_utc,
    coalesce(o.h_restaurant_pk, r.h_restaurant_pk) AS h_restaurant_pk,
    coalesce(o.status, r.status) AS status,
    o.order_cnt AS kept,
    r.order_cnt AS recounted
FROM cdm_summary.order_hours AS o
FULL JOIN recounted AS r
    ON
        o.hour_msk = r.hour_msk AND o.hour_utc = r.hour_utc
        AND o.h_restaurant_pk = r.h_restaurant_pk AND o.status = r.status
WHERE
    (o.order_cnt, o.cost, o.payment, o.last_order_dt)
    IS DISTINCT FROM (r.order_cnt, r.cost, r.payment, r.last_order_dt)
    AND NOT EXISTS (
        SELECT FROM cdm_summary.stale_days AS d
        WHERE d.day = coalesce(o.hour_msk, r.hour_msk)::date
    )
