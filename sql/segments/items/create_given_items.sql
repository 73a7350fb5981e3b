-- The users of a batch or an import, as the request names them: by one of three ids. `line` is the line of the file or the index in the
-- request. `ttl` is in seconds.
CREATE TEMPORARY TABLE given_items (
    line int NOT NULL,
    guid uuid,
    user_id int,
    source_id text,
    adds bool NOT NULL DEFAULT true,
    end_at timestamp,
    ttl bigint
) ON COMMIT DROP
