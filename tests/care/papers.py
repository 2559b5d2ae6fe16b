"""Files as people send them, good and bad. Import as `from tests.care import papers`."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pikepdf
from PIL import Image


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 90)) -> bytes:
    """A picture with the place it was taken at."""
    exif = Image.Exif()
    exif[0x010F] = "Made by somebody"
    target = io.BytesIO()
    Image.new("RGB", size, "white").save(target, kind, exif=exif)
    return target.getvalue()


def pdf(*, runs: bool = False) -> bytes:
    target = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(200, 200))
        if runs:
            document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        document.save(target)
    return target.getvalue()


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 10_000_000)
    return target.getvalue()


def huge_png() -> bytes:
    """A picture of 60,000 by 60,000 pixels in a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


# name, content: none of these is kept
CORPUS: list[tuple[str, bytes]] = [
    ("empty.jpg", b""),
    ("program.jpg", b"MZ" + b"\0" * 400),
    ("script.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    ("script.png", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    ("page.html", b"<!doctype html><script>alert(1)</script>"),
    ("bomb.zip", bomb()),
    ("bomb.jpg", bomb()),
    ("polyglot_zip.jpg", picture() + bomb()),
    ("polyglot_html.jpg", picture() + b"<script>alert(1)</script>"),
    ("polyglot_pdf.jpg", picture() + pdf()),
    ("polyglot.pdf", pdf() + b"<html><script>alert(1)</script>"),
    ("program.pdf", pdf(runs=True)),
    ("torn.pdf", b"%PDF-1.7\nnothing that follows"),
    ("torn.jpg", picture()[:200]),
    ("huge.png", huge_png()),
    ("picture.pdf", picture()),
    ("picture.html", picture()),
    ("picture", picture()),
    ("../../etc/cron.jpg", picture()),
    ("..\\..\\windows.jpg", picture()),
    ("nul\0.jpg", picture()),
    ("large.jpg", picture() + b"\0" * (9 * 1024 * 1024)),
    ("animated.gif", b"GIF89a" + b"\0" * 40),
]
