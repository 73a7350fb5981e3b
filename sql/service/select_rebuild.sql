-- Selects the running rebuild of a service, if any.
-- $1 service
SELECT r.id, r.phase, r.targets, r.published_to, r.group_id
FROM public.tagmill_rebuilds AS r
WHERE r.service = $1
