-- What people and dashboards read. A contract: a view or column that is renamed breaks somebody's dashboard. Types are those
-- that DataLens understands, no name is NULL, times are given in UTC and in Moscow time, revenue is the payment of CLOSED
-- orders. What stands here is as of cdm_summary.refreshes; every day, hour and weekday is Moscow's unless it says UTC.

CREATE VIEW cdm.kpi AS
SELECT
    o.order_cnt, o.closed_order_cnt, o.cancelled_order_cnt, r.user_cnt, o.revenue,
    coalesce(round(o.revenue / nullif(o.closed_order_cnt, 0), 2), 0) AS average_bill,
    r.tag_cnt, r.tagged_user_cnt, r.user_tag_cnt,
    r.refreshed_at AS refreshed_at_utc,
    cdm_summary.to_moscow(r.refreshed_at) AS refreshed_at_msk,
    extract(EPOCH FROM (now() AT TIME ZONE 'UTC') - r.refreshed_at)::bigint AS refresh_age_seconds
FROM cdm_summary.refreshes AS r
CROSS JOIN (
    SELECT
        coalesce(sum(h.order_cnt), 0)::bigint AS order_cnt,
        coalesce(sum(h.order_cnt) FILTER (WHERE h.status = 'CLOSED'), 0)::bigint AS closed_order_cnt,
        coalesce(sum(h.order_cnt) FILTER (WHERE h.status = 'CANCELLED'), 0)::bigint AS cancelled_order_cnt,
        coalesce(sum(h.payment) FILTER (WHERE h.status = 'CLOSED'), 0) AS revenue
    FROM cdm_summary.order_hours AS h
) AS o;

CREATE VIEW cdm.product_popularity AS
SELECT
    p.h_product_pk AS product_id, p.product_name,
    coalesce(c.category_name, 'Без категории') AS category_name,
    p.order_cnt, coalesce(u.user_cnt, 0) AS user_cnt, p.quantity, p.revenue,
    row_number() OVER (ORDER BY p.order_cnt DESC, p.product_name, p.h_product_pk) AS place
FROM cdm_summary.products AS p
LEFT JOIN cdm_summary.categories AS c ON p.h_category_pk = c.h_category_pk
LEFT JOIN cdm_summary.product_users AS u ON p.h_product_pk = u.h_product_pk
WHERE p.order_cnt > 0;

CREATE VIEW cdm.category_popularity AS
SELECT
    d.h_category_pk AS category_id,
    coalesce(c.category_name, 'Без категории') AS category_name,
    d.order_cnt, coalesce(u.user_cnt, 0) AS user_cnt, d.quantity, d.revenue,
    row_number() OVER (ORDER BY d.order_cnt DESC, c.category_name, d.h_category_pk) AS place
FROM (
    SELECT
        s.h_category_pk,
        sum(s.order_cnt)::bigint AS order_cnt,
        least(sum(s.quantity), 9223372036854775807)::bigint AS quantity,
        sum(s.revenue) AS revenue
    FROM cdm_summary.category_days AS s
    GROUP BY s.h_category_pk
) AS d
LEFT JOIN cdm_summary.categories AS c ON d.h_category_pk = c.h_category_pk
LEFT JOIN cdm_summary.category_users AS u ON d.h_category_pk = u.h_category_pk;

CREATE VIEW cdm.product_sales_by_day AS
SELECT
    d.day AS day_msk, d.h_product_pk AS product_id,
    coalesce(p.product_name, '') AS product_name,
    coalesce(c.category_name, 'Без категории') AS category_name,
    d.order_cnt, d.quantity, d.revenue
FROM cdm_summary.product_days AS d
LEFT JOIN cdm_summary.products AS p ON d.h_product_pk = p.h_product_pk
LEFT JOIN cdm_summary.categories AS c ON d.h_category_pk = c.h_category_pk;

CREATE VIEW cdm.category_sales_by_day AS
SELECT
    d.day AS day_msk, d.h_category_pk AS category_id,
    coalesce(c.category_name, 'Без категории') AS category_name,
    d.order_cnt, d.quantity, d.revenue
FROM cdm_summary.category_days AS d
LEFT JOIN cdm_summary.categories AS c ON d.h_category_pk = c.h_category_pk;

CREATE VIEW cdm.orders_by_hour AS
SELECT
    o.hour_utc, o.hour_msk,
    coalesce(r.restaurant_id, '') AS restaurant_id,
    coalesce(r.restaurant_name, '') AS restaurant_name,
    o.status, o.order_cnt,
    CASE WHEN o.status = 'CLOSED' THEN o.payment ELSE 0 END AS revenue
FROM cdm_summary.order_hours AS o
LEFT JOIN cdm_summary.restaurants AS r ON o.h_restaurant_pk = r.h_restaurant_pk;

CREATE VIEW cdm.orders_by_day AS
SELECT
    d.day_msk, d.order_cnt, d.closed_order_cnt, d.cancelled_order_cnt, d.revenue,
    coalesce(round(d.revenue / nullif(d.closed_order_cnt, 0), 2), 0) AS average_bill
FROM (
    SELECT
        o.hour_msk::date AS day_msk,
        sum(o.order_cnt)::bigint AS order_cnt,
        coalesce(sum(o.order_cnt) FILTER (WHERE o.status = 'CLOSED'), 0)::bigint AS closed_order_cnt,
        coalesce(sum(o.order_cnt) FILTER (WHERE o.status = 'CANCELLED'), 0)::bigint AS cancelled_order_cnt,
        coalesce(sum(o.payment) FILTER (WHERE o.status = 'CLOSED'), 0) AS revenue
    FROM cdm_summary.order_hours AS o
    GROUP BY o.hour_msk::date
) AS d;

-- Hours are added up before anybody asks for their weekdays.
CREATE VIEW cdm.orders_by_weekday_hour AS
SELECT
    h.weekday,
    h.weekday || ' ' || (ARRAY['Пн', 'Вт', 'Ср', 'Чт', 'Пт', 'Сб', 'Вс'])[h.weekday] AS weekday_name,
    h.hour_of_day, h.order_cnt, h.revenue
FROM (
    SELECT
        extract(ISODOW FROM o.hour_msk)::int AS weekday,
        extract(HOUR FROM o.hour_msk)::int AS hour_of_day,
        sum(o.order_cnt)::bigint AS order_cnt,
        coalesce(sum(o.revenue), 0) AS revenue
    FROM (
        SELECT
            s.hour_msk, sum(s.order_cnt) AS order_cnt, sum(s.payment) FILTER (WHERE s.status = 'CLOSED') AS revenue
        FROM cdm_summary.order_hours AS s
        GROUP BY s.hour_msk
    ) AS o
    GROUP BY 1, 2
) AS h;

CREATE VIEW cdm.restaurant_popularity AS
SELECT
    coalesce(r.restaurant_id, '') AS restaurant_id,
    coalesce(r.restaurant_name, '') AS restaurant_name,
    o.order_cnt, o.closed_order_cnt, o.cancelled_order_cnt, o.revenue,
    coalesce(round(o.revenue / nullif(o.closed_order_cnt, 0), 2), 0) AS average_bill,
    row_number() OVER (ORDER BY o.order_cnt DESC, r.restaurant_name, r.restaurant_id) AS place
FROM (
    SELECT
        h.h_restaurant_pk,
        sum(h.order_cnt)::bigint AS order_cnt,
        coalesce(sum(h.order_cnt) FILTER (WHERE h.status = 'CLOSED'), 0)::bigint AS closed_order_cnt,
        coalesce(sum(h.order_cnt) FILTER (WHERE h.status = 'CANCELLED'), 0)::bigint AS cancelled_order_cnt,
        coalesce(sum(h.payment) FILTER (WHERE h.status = 'CLOSED'), 0) AS revenue
    FROM cdm_summary.order_hours AS h
    GROUP BY h.h_restaurant_pk
) AS o
LEFT JOIN cdm_summary.restaurants AS r ON o.h_restaurant_pk = r.h_restaurant_pk;

-- Small ones, to choose from.
CREATE VIEW cdm.category_list AS
SELECT c.h_category_pk AS category_id, c.category_name
FROM cdm_summary.categories AS c;

CREATE VIEW cdm.product_list AS
SELECT p.h_product_pk AS product_id, p.product_name
FROM cdm_summary.products AS p;

CREATE VIEW cdm.restaurant_list AS
SELECT r.restaurant_id, r.restaurant_name
FROM cdm_summary.restaurants AS r;

COMMENT ON VIEW cdm.kpi IS 'The whole in one row';
COMMENT ON COLUMN cdm.kpi.order_cnt IS 'Orders, whatever became of them';
COMMENT ON COLUMN cdm.kpi.closed_order_cnt IS 'CLOSED orders';
COMMENT ON COLUMN cdm.kpi.cancelled_order_cnt IS 'CANCELLED orders';
COMMENT ON COLUMN cdm.kpi.user_cnt IS 'Users with a CLOSED order';
COMMENT ON COLUMN cdm.kpi.revenue IS 'Payments of CLOSED orders';
COMMENT ON COLUMN cdm.kpi.average_bill IS 'Revenue by CLOSED order, to two decimals; 0 without any';
COMMENT ON COLUMN cdm.kpi.tag_cnt IS 'Different tags that users have';
COMMENT ON COLUMN cdm.kpi.tagged_user_cnt IS 'Users with a tag';
COMMENT ON COLUMN cdm.kpi.user_tag_cnt IS 'Different tags of a user, added up over all users';
COMMENT ON COLUMN cdm.kpi.refreshed_at_utc IS 'When the figures were last brought up to date, UTC';
COMMENT ON COLUMN cdm.kpi.refreshed_at_msk IS 'The same, in Moscow';
COMMENT ON COLUMN cdm.kpi.refresh_age_seconds IS 'How long ago that was';

COMMENT ON VIEW cdm.product_popularity IS 'Products by the CLOSED orders that hold them';
COMMENT ON COLUMN cdm.product_popularity.product_id IS 'Key of the product';
COMMENT ON COLUMN cdm.product_popularity.product_name IS 'Its latest name';
COMMENT ON COLUMN cdm.product_popularity.category_name IS 'Category of its last sale';
COMMENT ON COLUMN cdm.product_popularity.order_cnt IS 'CLOSED orders with it';
COMMENT ON COLUMN cdm.product_popularity.user_cnt IS 'Users who have ordered it';
COMMENT ON COLUMN cdm.product_popularity.quantity IS 'Pieces sold';
COMMENT ON COLUMN cdm.product_popularity.revenue IS 'What they cost together';
COMMENT ON COLUMN cdm.product_popularity.place IS '1 for the most orders, then by name';

COMMENT ON VIEW cdm.category_popularity IS 'Categories by the CLOSED orders that hold a product of theirs';
COMMENT ON COLUMN cdm.category_popularity.category_id IS 'Key of the category';
COMMENT ON COLUMN cdm.category_popularity.category_name IS 'Its name';
COMMENT ON COLUMN cdm.category_popularity.order_cnt IS 'CLOSED orders with it, each once';
COMMENT ON COLUMN cdm.category_popularity.user_cnt IS 'Users who have ordered it';
COMMENT ON COLUMN cdm.category_popularity.quantity IS 'Pieces sold';
COMMENT ON COLUMN cdm.category_popularity.revenue IS 'What they cost together';
COMMENT ON COLUMN cdm.category_popularity.place IS '1 for the most orders, then by name';

COMMENT ON VIEW cdm.product_sales_by_day IS 'Products in CLOSED orders, day by day';
COMMENT ON COLUMN cdm.product_sales_by_day.day_msk IS 'Day in Moscow';
COMMENT ON COLUMN cdm.product_sales_by_day.product_id IS 'Key of the product';
COMMENT ON COLUMN cdm.product_sales_by_day.product_name IS 'Its latest name';
COMMENT ON COLUMN cdm.product_sales_by_day.category_name IS 'Category it was sold in';
COMMENT ON COLUMN cdm.product_sales_by_day.order_cnt IS 'CLOSED orders with it';
COMMENT ON COLUMN cdm.product_sales_by_day.quantity IS 'Pieces sold';
COMMENT ON COLUMN cdm.product_sales_by_day.revenue IS 'What they cost together';

COMMENT ON VIEW cdm.category_sales_by_day IS 'Categories in CLOSED orders, day by day';
COMMENT ON COLUMN cdm.category_sales_by_day.day_msk IS 'Day in Moscow';
COMMENT ON COLUMN cdm.category_sales_by_day.category_id IS 'Key of the category';
COMMENT ON COLUMN cdm.category_sales_by_day.category_name IS 'Its name';
COMMENT ON COLUMN cdm.category_sales_by_day.order_cnt IS 'CLOSED orders with it, each once';
COMMENT ON COLUMN cdm.category_sales_by_day.quantity IS 'Pieces sold';
COMMENT ON COLUMN cdm.category_sales_by_day.revenue IS 'What they cost together';

COMMENT ON VIEW cdm.orders_by_hour IS 'Orders by the hour in which they were placed, by restaurant and status';
COMMENT ON COLUMN cdm.orders_by_hour.hour_utc IS 'Beginning of the hour, UTC';
COMMENT ON COLUMN cdm.orders_by_hour.hour_msk IS 'Beginning of the hour, in Moscow';
COMMENT ON COLUMN cdm.orders_by_hour.restaurant_id IS 'Its id in the source';
COMMENT ON COLUMN cdm.orders_by_hour.restaurant_name IS 'Its latest name';
COMMENT ON COLUMN cdm.orders_by_hour.status IS 'Present status';
COMMENT ON COLUMN cdm.orders_by_hour.order_cnt IS 'Orders';
COMMENT ON COLUMN cdm.orders_by_hour.revenue IS 'Payments, if the status is CLOSED';

COMMENT ON VIEW cdm.orders_by_day IS 'Orders by the day on which they were placed';
COMMENT ON COLUMN cdm.orders_by_day.day_msk IS 'Day in Moscow';
COMMENT ON COLUMN cdm.orders_by_day.order_cnt IS 'Orders, whatever became of them';
COMMENT ON COLUMN cdm.orders_by_day.closed_order_cnt IS 'CLOSED orders';
COMMENT ON COLUMN cdm.orders_by_day.cancelled_order_cnt IS 'CANCELLED orders';
COMMENT ON COLUMN cdm.orders_by_day.revenue IS 'Payments of CLOSED orders';
COMMENT ON COLUMN cdm.orders_by_day.average_bill IS 'Revenue by CLOSED order, to two decimals; 0 without any';

COMMENT ON VIEW cdm.orders_by_weekday_hour IS 'Orders by weekday and hour in Moscow, over all weeks';
COMMENT ON COLUMN cdm.orders_by_weekday_hour.weekday IS '1 for Monday to 7';
COMMENT ON COLUMN cdm.orders_by_weekday_hour.weekday_name IS 'Its Russian name, behind its number to be sorted by';
COMMENT ON COLUMN cdm.orders_by_weekday_hour.hour_of_day IS '0 to 23';
COMMENT ON COLUMN cdm.orders_by_weekday_hour.order_cnt IS 'Orders, whatever became of them';
COMMENT ON COLUMN cdm.orders_by_weekday_hour.revenue IS 'Payments of CLOSED orders';

COMMENT ON VIEW cdm.restaurant_popularity IS 'Restaurants by their orders';
COMMENT ON COLUMN cdm.restaurant_popularity.restaurant_id IS 'Its id in the source';
COMMENT ON COLUMN cdm.restaurant_popularity.restaurant_name IS 'Its latest name';
COMMENT ON COLUMN cdm.restaurant_popularity.order_cnt IS 'Orders, whatever became of them';
COMMENT ON COLUMN cdm.restaurant_popularity.closed_order_cnt IS 'CLOSED orders';
COMMENT ON COLUMN cdm.restaurant_popularity.cancelled_order_cnt IS 'CANCELLED orders';
COMMENT ON COLUMN cdm.restaurant_popularity.revenue IS 'Payments of CLOSED orders';
COMMENT ON COLUMN cdm.restaurant_popularity.average_bill IS 'Revenue by CLOSED order, to two decimals; 0 without any';
COMMENT ON COLUMN cdm.restaurant_popularity.place IS '1 for the most orders, then by name';

COMMENT ON VIEW cdm.category_list IS 'Every category, to choose from';
COMMENT ON COLUMN cdm.category_list.category_id IS 'Key of the category';
COMMENT ON COLUMN cdm.category_list.category_name IS 'Its name';

COMMENT ON VIEW cdm.product_list IS 'Every product, to choose from';
COMMENT ON COLUMN cdm.product_list.product_id IS 'Key of the product';
COMMENT ON COLUMN cdm.product_list.product_name IS 'Its latest name';

COMMENT ON VIEW cdm.restaurant_list IS 'Every restaurant, to choose from';
COMMENT ON COLUMN cdm.restaurant_list.restaurant_id IS 'Its id in the source';
COMMENT ON COLUMN cdm.restaurant_list.restaurant_name IS 'Its latest name';
