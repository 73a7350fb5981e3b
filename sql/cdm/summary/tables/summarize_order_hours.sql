-- Updates orders by hour, for some days in Moscow; only rows that differ are written.
-- $1 first day text, $2 last day text
WITH fresh AS MATERIALIZED (
    SELECT
        date_trunc('hour', cdm_summary.to_moscow(s.order_dt)) AS hour_msk,
        date_trunc('hour', s.order_dt) AS hour_utc,
        s.h_restaurant_pk,
        left(s.status, 255) AS status,
        count(*) AS order_cnt,
        sum(s.cost) AS cost,
        sum(s.payment) AS payment,
        max(s.order_dt) AS last_order_dt
    FROM dds.bv_order_states AS s
    WHERE
        s.order_dt >= cdm_summary.from_moscow($1::text::date)
        AND s.order_dt < cdm_summary.from_moscow($2::text::date + 1)
    GROUP BY 1, 2, 3, 4
),

gone AS (
    DELETE FROM cdm_summary.order_hours AS o
    WHERE
        o.hour_msk >= $1::text::date AND o.hour_msk < $2::text::date + 1
        AND NOT EXISTS (
            SELECT FROM fresh AS f
            WHERE
                f.hour_msk = o.hour_msk AND f.hour_utc = o.hour_utc
                AND f.h_restaurant_pk = o.h_restaurant_pk AND f.status = o.status
        )
)

INSERT INTO cdm_summary.order_hours AS o (
    hour_msk, hour_utc, h_restaurant_pk, status, order_cnt, cost, payment, last_order_dt
)
SELECT f.hour_msk, f.hour_utc, f.h_restaurant_pk, f.status, f.order_cnt, f.cost, f.payment, f.last_order_dt
FROM fresh AS f
LEFT JOIN cdm_summary.order_hours AS h
    ON
        f.hour_msk = h.hour_msk AND f.hour_utc = h.hour_utc
        AND f.h_restaurant_pk = h.h_restaurant_pk AND f.status = h.status
        AND h.hour_msk >= $1::text::date AND h.hour_msk < $2::text::date + 1
WHERE
    (f.order_cnt, f.cost, f.payment, f.last_order_dt)
    IS DISTINCT FROM (h.order_cnt, h.cost, h.payment, h.last_order_dt)
ON CONFLICT (hour_msk, hour_utc, h_restaurant_pk, status) DO UPDATE
SET
    order_cnt = excluded.order_cnt,
    cost = excluded.cost,
    payment = excluded.payment,
    last_order_dt = excluded.last_order_dt
