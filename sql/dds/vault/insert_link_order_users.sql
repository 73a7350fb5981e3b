-- Inserts new links between orders and users. Existing rows keep their load_dt. Rows are ordered by key, so that
-- replicas cannot deadlock.
-- $1 hk_order_user_pk uuid[], $2 h_order_pk uuid[], $3 h_user_pk uuid[], $4 load_dt timestamp[], $5 load_src
INSERT INTO dds.l_order_user (hk_order_user_pk, h_order_pk, h_user_pk, load_dt, load_src)
SELECT n.hk_order_user_pk, n.h_order_pk, n.h_user_pk, n.load_dt, $5
FROM
    unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamp[])
        AS n (hk_order_user_pk, h_order_pk, h_user_pk, load_dt)
ORDER BY n.hk_order_user_pk
ON CONFLICT DO NOTHING
