"""One folder a technology. Bootstrap puts them together; they do not know one another."""
