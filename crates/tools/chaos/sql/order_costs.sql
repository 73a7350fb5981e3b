-- Selects the latest cost of each order.
SELECT DISTINCT ON (s.h_order_pk) coalesce(h.order_id::text, '?'), concat_ws('|', s.cost, s.payment)
FROM dds.s_order_cost AS s
LEFT JOIN dds.h_order AS h USING (h_order_pk)
ORDER BY s.h_order_pk, s.load_dt DESC
