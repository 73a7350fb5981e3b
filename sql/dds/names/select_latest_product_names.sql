-- Selects the latest names of some products: the time they were read, and their hashdiff.
-- $1 h_product_pk uuid[]
SELECT k.h_product_pk, s.load_dt, s.hk_product_names_hashdiff
FROM unnest($1::uuid[]) AS k (h_product_pk)
CROSS JOIN LATERAL (
    SELECT l.load_dt, l.hk_product_names_hashdiff
    FROM dds.s_product_names AS l
    WHERE l.h_product_pk = k.h_product_pk
    ORDER BY l.load_dt DESC
    LIMIT 1
) AS s
