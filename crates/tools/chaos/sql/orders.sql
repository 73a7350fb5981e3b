-- Selects the hub of orders: hub key and time of the order.
SELECT h.order_id::text, concat_ws('|', h.h_order_pk, (extract(EPOCH FROM h.order_dt) * 1000000)::bigint)
FROM dds.h_order AS h
