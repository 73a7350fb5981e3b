-- The counters of the users up to $4 are told. Only if nobody has told them meanwhile: of two replicas that told the same
-- users one goes on, the other looks again later; and one that slept through the end of its rebuild moves no other.
-- $1 service, $2 id, $3 published_to uuid: as it was, $4 published_to uuid: as it is to be
UPDATE public.tagmill_rebuilds AS r
SET published_to = $4
WHERE r.service = $1 AND r.id = $2 AND r.published_to = $3 AND r.phase = 'publishing'
