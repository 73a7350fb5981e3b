-- Locks the restaurants whose names are about to change, in the order of their keys: two replicas that learn different names at the
-- same time write one after the other. NO KEY UPDATE lets the foreign keys of others pass.
-- $1 h_restaurant_pk uuid[]
SELECT h.h_restaurant_pk
FROM dds.h_restaurant AS h
WHERE h.h_restaurant_pk = ANY($1::uuid[])
ORDER BY h.h_restaurant_pk
FOR NO KEY UPDATE
