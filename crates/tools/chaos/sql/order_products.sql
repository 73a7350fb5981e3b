-- Selects the latest row of each line: quantity, amount, category.
SELECT DISTINCT ON (s.hk_order_product_pk)
    concat_ws('|', coalesce(o.order_id::text, '?'), coalesce(p.product_id, '?')),
    concat_ws('|', s.quantity, s.amount, coalesce(c.category_name, '?'))
FROM dds.s_order_product AS s
LEFT JOIN dds.l_order_product AS l USING (hk_order_product_pk)
LEFT JOIN dds.h_order AS o USING (h_order_pk)
LEFT JOIN dds.h_product AS p USING (h_product_pk)
LEFT JOIN dds.h_category AS c ON s.h_category_pk = c.h_category_pk
ORDER BY s.hk_order_product_pk, s.load_dt DESC
