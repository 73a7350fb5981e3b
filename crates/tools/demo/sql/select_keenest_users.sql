-- Selects the ten users with the most closed orders, with their latest names. The marts count by product and category;
-- whole orders are in the vault.
SELECT
    (
        SELECT n.username
        FROM dds.s_user_names AS n
        WHERE n.h_user_pk = s.h_user_pk
        ORDER BY n.load_dt DESC
        LIMIT 1
    ) AS username,
    count(*) AS orders
FROM dds.bv_order_states AS s
WHERE s.status = 'CLOSED'
GROUP BY s.h_user_pk
ORDER BY orders DESC, s.h_user_pk
LIMIT 10
