-- Locks restaurants whose names are about to change, in the order of their keys. Replicas that read different names at
-- the same time write one after the other. NO KEY UPDATE does not block foreign keys of other transactions.
-- $1 h_restaurant_pk uuid[]
SELECT h.h_restaurant_pk
FROM dds.h_restaurant AS h
WHERE h.h_restaurant_pk = ANY($1::uuid[])
ORDER BY h.h_restaurant_pk
FOR NO KEY UPDATE
