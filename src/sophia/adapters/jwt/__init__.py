"""Bearer tokens: JSON Web Tokens, checked by PyJWT."""
