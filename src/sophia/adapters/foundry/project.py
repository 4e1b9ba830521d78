"""Where a Foundry project is, and what is asked there."""

from attrs import frozen

__all__ = ["Project"]


@frozen
class Project:
    """A project of Microsoft Foundry.

    Attributes:
        endpoint: ``https://{account}.services.ai.azure.com/api/projects/{project}``.
        model: the name of a deployment.
        agent: the name under which SOPHIA keeps the versions of its agent there.
        temperature: None leaves it to the deployment.
        concurrent: turns that are played there at once; others wait.
        timeout: seconds without a byte after which the project is taken not to answer.
    """

    endpoint: str
    model: str
    agent: str = "sophia"
    temperature: float | None = None
    timeout: float = 60.0
    concurrent: int = 32
