COPY pg_temp.given_items (line, guid, user_id, source_id, end_at) FROM STDIN
