"""Settings, and the containers that put adapters and use cases together."""
