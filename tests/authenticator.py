"""A security key made of software, which can also do what a good one never does."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


@dataclass
class SecurityKey:
    """One credential on one key, for one site."""

    host: str = "localhost"
    origin: str = "http://localhost:8000"
    verifies: bool = True
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, options: str) -> str:
        """Return what a browser sends for these options of a registration."""
        numbers = self.private.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        length = len(self.credential_id).to_bytes(2)
        attested = bytes(16) + length + self.credential_id + cbor2.dumps(public)
        data = self._data(HAS_KEY) + attested
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        told = self._told("webauthn.create", options)
        return self._answer(clientDataJSON=told, attestationObject=made)

    def show(self, options: str) -> str:
        """Return what a browser sends for these options of a sign-in."""
        self.count += 1
        data, told = self._data(), self._told("webauthn.get", options)
        signed = data + hashlib.sha256(told).digest()
        signature = self.private.sign(signed, ec.ECDSA(SHA256()))
        return self._answer(authenticatorData=data, clientDataJSON=told, signature=signature)

    def _data(self, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        site = hashlib.sha256(self.host.encode()).digest()
        return site + flags.to_bytes(1) + self.count.to_bytes(4)

    def _told(self, kind: str, options: str) -> bytes:
        challenge = bytes_to_base64url(base64url_to_bytes(json.loads(options)["challenge"]))
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _answer(self, **response: bytes) -> str:
        name = bytes_to_base64url(self.credential_id)
        answer = {key: bytes_to_base64url(value) for key, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": answer})
