"""Appeals: a member asks for another look, and somebody else gives it."""
