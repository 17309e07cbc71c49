"""The life of a Google token: stored encrypted, refreshed when due, its trouble written down."""
