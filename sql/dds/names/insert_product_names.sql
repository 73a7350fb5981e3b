-- Inserts product names that differ from the latest row. Requires the lock of lock_products. A name that is not later
-- than the latest row is skipped, and so is a name equal to the row before it (of this batch, or else of the table). A,
-- B and A again are three rows.
-- $1 h_product_pk uuid[], $2 name text[], $3 load_dt timestamp[], $4 hashdiff uuid[], $5 load_src
WITH newer AS (
    SELECT n.*, latest.hashdiff AS latest_hashdiff
    FROM
        unnest($1::uuid[], $2::text[], $3::timestamp[], $4::uuid[])
            AS n (h_product_pk, name, load_dt, hashdiff)
    LEFT JOIN LATERAL (
        SELECT s.load_dt, s.hk_product_names_hashdiff AS hashdiff
        FROM dds.s_product_names AS s
        WHERE s.h_product_pk = n.h_product_pk
        ORDER BY s.load_dt DESC
        LIMIT 1
    ) AS latest ON true
    WHERE latest.load_dt IS NULL OR n.load_dt > latest.load_dt
),

compared AS (
    SELECT
        n.*,
        coalesce(lag(n.hashdiff) OVER (PARTITION BY n.h_product_pk ORDER BY n.load_dt), n.latest_hashdiff) AS previous
    FROM newer AS n
)

INSERT INTO dds.s_product_names (h_product_pk, name, load_dt, load_src, hk_product_names_hashdiff)
SELECT n.h_product_pk, n.name, n.load_dt, $5, n.hashdiff
FROM compared AS n
WHERE n.hashdiff IS DISTINCT FROM n.previous
ORDER BY n.h_product_pk, n.load_dt
