"""The risk engine: keyword rules that understand how people really write."""
