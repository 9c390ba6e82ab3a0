"""A Django site whose views tell open pages what is new. One file, so that all of it can be seen."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.asgi import get_asgi_application
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.cookie import parse_cookie
from django.urls import path
from django.views.decorators.http import require_POST
from starlette.applications import Starlette
from starlette.routing import Mount

from hubbub import Audience, ConnectAsk, Hubbub, Namespace, Reject, Settings

PAGE = Path(__file__).parent / "page" / "index.html"

settings.configure(
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="not a secret, because this is an example",
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
)
NEWS = Namespace(publish=Audience.NOBODY)
realtime = Hubbub(Settings(broker="memory://", namespaces={"news": NEWS}))


@realtime.on_connect
def who(request: ConnectAsk) -> str:
    """Let in whoever has a session. No `async`: it runs in a thread, where the ORM may be used."""
    cookies = parse_cookie(request.client.headers.get("cookie", ""))
    session = SessionStore(cookies.get(settings.SESSION_COOKIE_NAME))
    if "name" not in session:
        raise Reject(4501, "log in first")
    return str(session["name"])


def log_in(request: HttpRequest, name: str) -> HttpResponse:
    request.session["name"] = name
    return JsonResponse({"name": name})


def post(request: HttpRequest, topic: str) -> HttpResponse:
    """Publish from an ordinary view, which runs in a thread."""
    if "name" not in request.session:
        return JsonResponse({"error": "log in first"}, status=401)
    item = {"text": request.body.decode(), "by": request.session["name"]}
    stored = realtime.publish_from_thread(f"news:{topic}", item)
    return JsonResponse({"offset": stored.position.offset})


async def post_async(request: HttpRequest, topic: str) -> HttpResponse:
    """Publish from an `async` view."""
    stored = await realtime.publish(f"news:{topic}", {"text": request.body.decode(), "by": ""})
    return JsonResponse({"offset": stored.position.offset})


def page(request: HttpRequest) -> FileResponse:
    return FileResponse(PAGE.open("rb"))


urlpatterns = [
    path("", page),
    path("login/<name>", require_POST(log_in)),
    path("news/<topic>", require_POST(post)),
    path("wire/<topic>", post_async),
]

# Django's ASGI application knows neither WebSockets nor lifespans: Starlette's router stands before it.
app = Starlette(
    routes=[Mount("/rt", realtime.asgi), Mount("/", get_asgi_application())],
    lifespan=realtime.lifespan,
)
