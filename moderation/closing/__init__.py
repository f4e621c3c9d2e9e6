"""How a case may end: with a state, a referral, a plan, or two people who saw no need to act."""
