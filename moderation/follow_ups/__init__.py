"""Follow-ups: the contacts that are promised when a red or crisis case closes."""
