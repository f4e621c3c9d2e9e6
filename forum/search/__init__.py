"""Search: what may be found, kept in step with the posts, and the page that finds it."""
