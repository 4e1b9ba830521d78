"""Secrets in Azure Key Vault (`azure-keyvault-secrets`)."""
