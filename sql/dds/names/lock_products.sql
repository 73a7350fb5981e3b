-- Locks products whose names are about to change, in the order of their keys. Replicas that read different names at the
-- same time write one after the other. NO KEY UPDATE does not block foreign keys of other transactions.
-- $1 h_product_pk uuid[]
SELECT h.h_product_pk
FROM dds.h_product AS h
WHERE h.h_product_pk = ANY($1::uuid[])
ORDER BY h.h_product_pk
FOR NO KEY UPDATE
