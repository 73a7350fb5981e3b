-- Records that the counters of the users up to $4 are published, if no other replica has made progress in the meantime.
-- Of two replicas that published the same users one continues and the other tries again later. A replica that was
-- suspended past the end of its rebuild cannot advance another rebuild.
-- $1 service, $2 id, $3 published_to uuid: the expected value, $4 published_to uuid: the new value
UPDATE public.tagmill_rebuilds AS r
SET published_to = $4
WHERE r.service = $1 AND r.id = $2 AND r.published_to = $3 AND r.phase = 'publishing'
