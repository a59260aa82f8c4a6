"""The customer's files: real images, sounds, texts and videos, and keys that are hard."""

import hashlib
import io
import math
import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw

IMAGES = 160
TEXTS = 80
SOUNDS = 20
VIDEOS = 20

# Keys that break whatever trims, normalizes, decodes or encodes twice.
HARD_KEYS = (
    " spaces in front and behind ",
    "plus+percent%hash#question?and&equals=tilde~star*.txt",
    "already%20encoded%2Ftwice%252F.txt",
    "quotes ' \" ` and $ ! ( ) [ ] { } | \\ ^ < > , ; : @.txt",
    "/leading.txt",
    "double//slash//.txt",
    "./here/./there/.",
    "up/../over/..",
    "marker/",
    "NFC caf\u00e9.txt",
    "NFD cafe\u0301.txt",
    "\u05e9\u05dc\u05d5\u05dd \u4f60\u597d \u0e01\u0e33.txt",
    "emoji \U0001f6a2\U0001f469\u200d\U0001f680.txt",
    "\u2028 line separator and no-break\u00a0space.txt",
    "tab\tline\nbreak\rbell\x07.txt",
)
LONGEST_KEY_BYTES = 1024  # S3 User Guide, "Naming Amazon S3 objects"


@dataclass(frozen=True, slots=True)
class File:
    """One of the customer's files."""

    key: str
    content: bytes
    content_type: str

    @property
    def etag(self) -> str:
        """Return the ETag that S3 gives an object which was put in one part."""
        return hashlib.md5(self.content, usedforsecurity=False).hexdigest()


def customer_files(prefix: str) -> Iterator[File]:
    """Yield the files, all below `prefix`."""
    for number in range(IMAGES):
        kind = ("jpeg", "image/jpeg") if number % 2 else ("png", "image/png")
        yield File(f"{prefix}images/{number:04}.{kind[0]}", _image(number, kind[0]), kind[1])
    for number in range(TEXTS):
        text = f"Snippet {number}: the harbour is open.\n".encode()
        yield File(f"{prefix}texts/{number:04}.txt", text, "text/plain")
    for number in range(SOUNDS):
        yield File(f"{prefix}sounds/{number:04}.wav", _sound(number), "audio/wav")
    for number in range(VIDEOS):
        yield File(f"{prefix}videos/{number:04}.mp4", _video(number), "video/mp4")
    for key in hard_keys(prefix):
        content = b"" if key.endswith("marker/") else key.encode()
        yield File(key, content, "application/octet-stream")


def hard_keys(prefix: str) -> list[str]:
    """Return the hard keys below `prefix`, the last one as long as a key may be."""
    hard = [f"{prefix}hard/{key}" for key in HARD_KEYS]
    start = f"{prefix}hard/long/"
    return [*hard, start + "k" * (LONGEST_KEY_BYTES - len(start.encode()))]


def _image(number: int, kind: str) -> bytes:
    hue = number * 360 // IMAGES
    image = Image.new("RGB", (64 + number % 7 * 16, 48), f"hsl({hue}, 60%, 55%)")
    ImageDraw.Draw(image).text((4, 4), f"{number:04}", fill="black")
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def _sound(number: int) -> bytes:
    rate, seconds = 8000, 0.2
    pitch = 220 * 2 ** (number / 12)
    steps = (math.sin(2 * math.pi * pitch * n / rate) for n in range(int(rate * seconds)))
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(b"".join(struct.pack("<h", int(12_000 * step)) for step in steps))
    return out.getvalue()


def _video(number: int) -> bytes:
    """Write the boxes of an MP4 with a header and no track (ISO/IEC 14496-12)."""
    seconds = number + 1
    header = struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000)  # times, scale, duration
    rate_volume = struct.pack(">IH10x", 0x0001_0000, 0x0100)
    matrix = struct.pack(">9I", 0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000)
    movie = _box(b"mvhd", header + rate_volume + matrix + bytes(24) + struct.pack(">I", 1))
    kind = _box(b"ftyp", b"isom" + struct.pack(">I", 512) + b"isomiso2mp41")
    return kind + _box(b"moov", movie) + _box(b"mdat", number.to_bytes(4, "big") * 64)


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content
