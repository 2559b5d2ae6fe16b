"""PDF files written anew: their pages, and nothing that runs, opens, asks or is attached."""

from __future__ import annotations

import io

import pikepdf
from django.utils.translation import gettext as _

from care.refusals import NotEvidence

MOST_PAGES = 20
_RUNS = ("/OpenAction", "/AA", "/AcroForm", "/Collection", "/Perms")
_NAMES = ("/JavaScript", "/EmbeddedFiles")


def rewritten(content: bytes) -> bytes:
    """The document without metadata. Raises NotEvidence when it is locked, too long, or does anything by itself."""
    if not content.startswith(b"%PDF-"):
        raise NotEvidence(_("The document cannot be read. Print it to PDF again and send that."))
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            _check(document)
            if "/Metadata" in document.Root:
                del document.Root["/Metadata"]
            if "/Info" in document.trailer:
                del document.trailer["/Info"]
            target = io.BytesIO()
            document.save(target, linearize=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    except pikepdf.PasswordError:
        raise NotEvidence(_("The document is locked with a password. Send it without.")) from None
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError):
        raise NotEvidence(_("The document cannot be read. Print it to PDF again and send that.")) from None
    return target.getvalue()


def _check(document: pikepdf.Pdf) -> None:
    pages = len(document.pages)
    if not 1 <= pages <= MOST_PAGES:
        raise NotEvidence(_("The document has too many pages: at most %(count)s.") % {"count": MOST_PAGES})
    names = document.Root.get("/Names")
    acts = any(key in document.Root for key in _RUNS) or (names is not None and any(key in names for key in _NAMES))
    if acts or any(_page_acts(page) for page in document.pages):
        raise NotEvidence(_("The document contains a program or an attachment. Print it to PDF again and send that."))


def _page_acts(page: pikepdf.Page) -> bool:
    if "/AA" in page.obj:
        return True
    return any(_acts(one) for one in page.obj.get("/Annots") or ())


def _acts(annotation: pikepdf.Object) -> bool:
    """Whether it does more than lead to a page or an address."""
    action = annotation.get("/A")
    kinds = {"/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"}
    leads = action is None or str(action.get("/S")) in {"/URI", "/GoTo"}
    return not leads or "/AA" in annotation or str(annotation.get("/Subtype")) in kinds
