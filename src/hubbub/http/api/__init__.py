"""The server's API over HTTP, for programs: methods, keys, batches, and the document that describes them.

Methods, envelope and codes are those of Centrifugo's server API, so that its client libraries work.
"""

from hubbub.http.api.handbook import Handbook
from hubbub.http.api.router import Api

__all__ = ["Api", "Handbook"]
