-- Deletes a completed rebuild.
-- $1 service, $2 id
DELETE FROM public.tagmill_rebuilds AS r
WHERE r.service = $1 AND r.id = $2
