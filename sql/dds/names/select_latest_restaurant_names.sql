-- Selects the latest names of some restaurants: the time they were read, and their hashdiff.
-- $1 h_restaurant_pk uuid[]
SELECT k.h_restaurant_pk, s.load_dt, s.hk_restaurant_names_hashdiff
FROM unnest($1::uuid[]) AS k (h_restaurant_pk)
CROSS JOIN LATERAL (
    SELECT l.load_dt, l.hk_restaurant_names_hashdiff
    FROM dds.s_restaurant_names AS l
    WHERE l.h_restaurant_pk = k.h_restaurant_pk
    ORDER BY l.load_dt DESC
    LIMIT 1
) AS s
