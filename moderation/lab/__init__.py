"""The rules lab: changing rules without fear, and measuring what they do."""
