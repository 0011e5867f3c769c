"""One HTTP exchange, for any vendor: call, client, runtime, auth, tokens, paging, limits, retry."""
