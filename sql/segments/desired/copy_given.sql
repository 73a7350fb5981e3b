-- Stores returned rows.
COPY pg_temp.given (guid, user_id, source_id, hash_email, hash_phone) FROM STDIN
