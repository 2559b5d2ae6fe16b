"""Pictures drawn anew: the same picture to the eye, and nothing else that was in the file."""

from __future__ import annotations

import io

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from care.refusals import NotEvidence

MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2400
"""What is kept is at most so many pixels wide or high: a receipt stays readable."""


def redrawn(content: bytes, kind: str) -> bytes:
    """A JPEG or PNG decoded and encoded again, upright, without metadata. Raises NotEvidence."""
    try:
        with Image.open(io.BytesIO(content), formats=[kind.upper()]) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise NotEvidence(_("The picture has too many pixels: at most 50 million."))
            picture.load()
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except NotEvidence:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, MemoryError):
        raise NotEvidence(_("The picture cannot be read. Take it again and send that.")) from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    target = io.BytesIO()
    clean.save(target, kind.upper(), **({"quality": 85} if kind == "jpeg" else {}))
    return target.getvalue()
