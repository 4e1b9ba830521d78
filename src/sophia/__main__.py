"""``python -m sophia`` is the command line."""

from sophia.entrypoints.cli.main import cli

if __name__ == "__main__":
    cli()
