"""Who plans to be there when: slots of the week, and the turns people take in them."""
