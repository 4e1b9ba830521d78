"""Messages signed as Standard Webhooks (https://www.standardwebhooks.com)."""
