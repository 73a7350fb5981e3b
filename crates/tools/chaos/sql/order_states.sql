-- Selects the state of each order without its lines (the audit compares those with the vault).
SELECT coalesce(h.order_id::text, '?'), concat_ws('|', coalesce(u.user_id, '?'), s.status, s.cost, s.payment)
FROM dds.bv_order_states AS s
LEFT JOIN dds.h_order AS h USING (h_order_pk)
LEFT JOIN dds.h_user AS u USING (h_user_pk)
