"""PAN-OS and Panorama over their XML API (https://docs.paloaltonetworks.com/ngfw/api)."""

from sophia.adapters.panos.documents import panos_documents
from sophia.adapters.panos.source import PanosSource

__all__ = ["PanosSource", "panos_documents"]
