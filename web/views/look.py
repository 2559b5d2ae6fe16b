from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from programs.models import Banner, Program
from programs.themes import own_of
from web import banners, looks
from web.cookies import without_cookies

_OWNERS = {"banner": Banner, "program": Program}
_A_YEAR = "public, max-age=31536000, immutable"


@require_safe
@without_cookies
def file(request: HttpRequest, owner: str, code: str, digest: str, name: str) -> HttpResponse:
    """A file of a look. Under the digest of today it is kept for good; under an older one it is today's, not kept."""
    model = _OWNERS.get(owner)
    thing = model._default_manager.filter(code=code).first() if model else None
    own = own_of(thing) if thing else None
    found = looks.file_of(look := banners.dressed(own), name) if own else None
    if found is None:
        raise Http404
    kind, content = found
    kept = _A_YEAR if digest == look.digest else "no-cache"
    return HttpResponse(content, content_type=kind, headers={"Cache-Control": kept})
