"""The admin page: who may use it, and the API behind a login.

Whoever is let in has a cookie that no script can read and no other page can make the browser send; it is good
for `/admin` only, so that no application behind the server ever sees it.
"""

from hubbub.http.admin.page import AdminPage
from hubbub.http.admin.routes import Admin

__all__ = ["Admin", "AdminPage"]
