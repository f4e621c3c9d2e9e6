"""Encryption of a stream, so that a backup of any size needs little memory.

A sealed file is a line that says what it is, a line of JSON that says how its key is found, and
pieces of 64 KiB, each by ChaCha20-Poly1305 under its number and whether it is the last. A piece
that was changed, moved, left out or added is refused, and so is a file that was cut short. The
JSON line goes into the key, so it can't be changed either.

The key of a file comes from a passphrase (scrypt) or, better, from a public key (X25519): then
the machine that makes backups can't read them.
"""

import base64
import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

MAGIC = b"teduh-sealed-1\n"
PIECE = 64 * 1024
TAG = 16
LONGEST_HEADER = 4096
# OWASP's first choice for scrypt (Password Storage Cheat Sheet): 128 MiB, half a second here.
SCRYPT = {"n": 2**17, "r": 8, "p": 1}


class SealError(Exception):
    """A sealed file can't be made or opened; the message says why, in operators' words."""


class Key:
    """What opens or closes a sealed file: a passphrase, or one half of a pair of keys."""

    def __init__(
        self,
        *,
        passphrase: str = "",
        public: X25519PublicKey | None = None,
        private: X25519PrivateKey | None = None,
    ) -> None:
        self.passphrase = passphrase
        self.private = private
        self.public = public or (private.public_key() if private else None)


def read_key(path: Path) -> Key:
    """Return the key of a PEM file, public or private. Raises SealError."""
    try:
        pem = path.read_bytes()
        with contextlib.suppress(ValueError):
            public = load_pem_public_key(pem)
            if isinstance(public, X25519PublicKey):
                return Key(public=public)
        private = load_pem_private_key(pem, password=None)
    except OSError as error:
        raise SealError(f"{path} can't be read ({(error.strerror or '').lower()})") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SealError(f"{path} is no key that `teduh backup key` made") from None
    if not isinstance(private, X25519PrivateKey):
        raise SealError(f"{path} is no key that `teduh backup key` made")
    return Key(private=private)


def make_keys(path: Path) -> Path:
    """Write a new private key, and the public one beside it. Returns where the public one is.

    Raises SealError if one of the files is there.
    """
    private = X25519PrivateKey.generate()
    public_path = path.with_name(path.name + ".pub")
    both = {
        path: private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        public_path: private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        ),
    }
    for one in both:
        if one.exists():
            raise SealError(f"{one} is there already")
    for one, content in both.items():
        try:
            with open(os.open(one, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
        except OSError as error:
            raise SealError(f"{one} can't be made ({(error.strerror or '').lower()})") from None
    return public_path


class SealingWriter:
    """Seals what is written to it. `close` writes the last piece and leaves `file` open."""

    def __init__(self, file: IO[bytes], key: Key) -> None:
        self._file = file
        self._waiting = bytearray()
        self._number = 0
        header, secret = _new_header(key)
        file.write(MAGIC + header)
        self._cipher = ChaCha20Poly1305(secret)

    def write(self, content: bytes) -> int:
        """Take more of the content."""
        self._waiting += content
        # One whole piece stays: only `close` knows which one is the last.
        while len(self._waiting) > PIECE:
            self._write_piece(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(content)

    def close(self) -> None:
        """Write what is left as the last piece."""
        self._write_piece(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _write_piece(self, piece: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last=last), piece, None))
        self._number += 1


class SealedReader:
    """Reads what SealingWriter wrote. Raises SealError at the first piece that is not as written.

    Nothing of a piece is given out before it has been checked.
    """

    def __init__(self, file: IO[bytes], key: Key | None) -> None:
        """Take a file that stands after MAGIC."""
        self._file = file
        self._number = 0
        self._ready = b""
        self._is_done = False
        header = file.readline(LONGEST_HEADER)
        self._cipher = ChaCha20Poly1305(_find_secret(header, key))
        self._next = file.read(PIECE + TAG)

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer only at the end; all of it without a size."""
        parts, wanted = [], size
        while wanted != 0:
            if not self._ready:
                if self._is_done:
                    break
                self._ready = self._read_piece()
                continue
            part = self._ready if wanted < 0 else self._ready[:wanted]
            self._ready = self._ready[len(part) :]
            parts.append(part)
            wanted -= len(part) if wanted > 0 else 0
        return b"".join(parts)

    def _read_piece(self) -> bytes:
        sealed, self._next = self._next, self._file.read(PIECE + TAG)
        self._is_done = not self._next
        try:
            piece = self._cipher.decrypt(_nonce(self._number, last=self._is_done), sealed, None)
        except InvalidTag:
            if self._number == 0:
                raise SealError(
                    "this key or passphrase does not open it, or it was changed"
                ) from None
            raise SealError("it was changed or cut short") from None
        self._number += 1
        return piece


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _new_header(key: Key) -> tuple[bytes, bytes]:
    """Return the JSON line of a new file and the key of its pieces."""
    salt = os.urandom(16)
    how: dict[str, Any] = {"salt": _text(salt)}
    if key.passphrase:
        how |= {"kind": "passphrase", **SCRYPT}
        shared = _stretch(key.passphrase, how)
    elif key.public:
        ephemeral = X25519PrivateKey.generate()
        how |= {
            "kind": "key",
            "ephemeral": _text(ephemeral.public_key().public_bytes_raw()),
            "recipient": _text(key.public.public_bytes_raw()),
        }
        shared = ephemeral.exchange(key.public)
    else:
        raise SealError("a passphrase or a key is needed")
    header = json.dumps(how, sort_keys=True).encode() + b"\n"
    return header, _derive(shared, salt, header)


def _find_secret(header: bytes, key: Key | None) -> bytes:
    try:
        how = json.loads(header)
        salt = base64.b64decode(how["salt"])
        if how["kind"] == "passphrase":
            if key is None or not key.passphrase:
                raise SealError("it was sealed with a passphrase: give it")
            if {name: how[name] for name in SCRYPT} != SCRYPT:
                # What a stranger writes there must not choose how much memory we take.
                raise SealError("its header asks for another scrypt than ours")
            return _derive(_stretch(key.passphrase, how), salt, header)
        if key is None or key.private is None or key.public is None:
            raise SealError("it was sealed for a key: give the private one with --key-file")
        if base64.b64decode(how["recipient"]) != key.public.public_bytes_raw():
            raise SealError("it was sealed for another key")
        theirs = X25519PublicKey.from_public_bytes(base64.b64decode(how["ephemeral"]))
        return _derive(key.private.exchange(theirs), salt, header)
    except (ValueError, LookupError, TypeError):
        raise SealError("its header can't be read") from None


def _stretch(passphrase: str, how: Mapping[str, Any]) -> bytes:
    salt = base64.b64decode(how["salt"])
    return Scrypt(salt=salt, length=32, n=how["n"], r=how["r"], p=how["p"]).derive(
        passphrase.encode()
    )


def _derive(shared: bytes, salt: bytes, header: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=salt, info=MAGIC + header).derive(shared)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
