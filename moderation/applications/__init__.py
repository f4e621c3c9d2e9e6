"""How a member becomes a volunteer: an application, an answer, and the word of two people."""
