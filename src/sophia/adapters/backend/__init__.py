"""The backend that SOPHIA belongs to, over REST: it takes the tickets for VICTORIA and other agents."""
