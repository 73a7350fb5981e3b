-- Updates the list of restaurants with their latest names.
WITH fresh AS MATERIALIZED (
    SELECT DISTINCT ON (h.h_restaurant_pk)
        h.h_restaurant_pk, h.restaurant_id, coalesce(n.name, h.restaurant_id) AS restaurant_name
    FROM dds.h_restaurant AS h
    LEFT JOIN dds.s_restaurant_names AS n ON h.h_restaurant_pk = n.h_restaurant_pk
    ORDER BY h.h_restaurant_pk, n.load_dt DESC
),

gone AS (
    DELETE FROM cdm_summary.restaurants AS r
    WHERE NOT EXISTS (SELECT FROM fresh AS f WHERE f.h_restaurant_pk = r.h_restaurant_pk)
)

INSERT INTO cdm_summary.restaurants AS r (h_restaurant_pk, restaurant_id, restaurant_name)
SELECT f.h_restaurant_pk, f.restaurant_id, f.restaurant_name
FROM fresh AS f
LEFT JOIN cdm_summary.restaurants AS h ON f.h_restaurant_pk = h.h_restaurant_pk
WHERE (f.restaurant_id, f.restaurant_name) IS DISTINCT FROM (h.restaurant_id, h.restaurant_name)
ON CONFLICT (h_restaurant_pk) DO UPDATE
SET
    restaurant_id = excluded.restaurant_id,
    restaurant_name = excluded.restaurant_name
