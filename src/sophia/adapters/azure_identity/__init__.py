"""Who SOPHIA is to Azure (`azure-identity`)."""
