-- Sets the status of a user if no later request has been answered. Parameters: the user, the status, the number of the request.
UPDATE segments.users SET status = $2, asked = $3 WHERE user_id = $1 AND asked < $3
