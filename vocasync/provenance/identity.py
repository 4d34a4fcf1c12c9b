"""The site's signing identity: an ECDSA key (P-256) and a certificate that the site gave itself, made on first use.

A certificate from an authority that C2PA's trust list knows can be put in its place: then other verifiers than this
site's own say "trusted" as well. Files: ``key.pem`` (readable by the site's user alone), ``certificates.pem`` (the
signing certificate, then the authority's).
"""

from __future__ import annotations

import base64
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vocasync.compat import UTC

KEY = "key.pem"
CERTIFICATES = "certificates.pem"
_YEARS = 10
_ALGORITHM = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True, slots=True)
class Signature:
    """algorithm: JOSE name. key: SHA-256 of the signing certificate (hex). value: DER signature, base64."""

    algorithm: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Identity:
    """key, certificates: PEM; the signing certificate comes first, the authority's last."""

    key: bytes
    certificates: bytes

    @property
    def chain(self) -> list[x509.Certificate]:
        return x509.load_pem_x509_certificates(self.certificates)

    @property
    def authority(self) -> bytes:
        """The last certificate of the chain, PEM: what a verifier has to trust."""
        return self.chain[-1].public_bytes(serialization.Encoding.PEM)

    @property
    def thumbprint(self) -> str:
        """SHA-256 of the signing certificate, hex."""
        return self.chain[0].fingerprint(hashes.SHA256()).hex()

    def sign(self, payload: bytes) -> Signature:
        """ES256 over ``payload``."""
        key = serialization.load_pem_private_key(self.key, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{KEY} must hold an ECDSA key on P-256")
        value = base64.b64encode(key.sign(payload, _ALGORITHM)).decode()
        return Signature("ES256", self.thumbprint, value)


def is_signed_by(identity: Identity, payload: bytes, value: str) -> bool:
    """Whether ``value`` (base64) is this identity's signature of ``payload``."""
    public = identity.chain[0].public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        return False
    try:
        public.verify(base64.b64decode(value, validate=True), payload, _ALGORITHM)
    except (InvalidSignature, ValueError):
        return False
    return True


def identity(folder: Path, name: str) -> Identity:
    """The identity kept in ``folder``; made there on first use, for a site that is called ``name``.

    Of several processes that come first at once, one makes it and all use that one.
    """
    if not (folder / KEY).is_file():
        _make(folder, name)
    return Identity((folder / KEY).read_bytes(), (folder / CERTIFICATES).read_bytes())


def _make(folder: Path, name: str) -> None:
    """Whole or not at all: a folder that appears under its name with both files in it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        made = Path(scratch) / "identity"
        made.mkdir(mode=0o700)
        key, certificates = _generate(name)
        descriptor = os.open(made / KEY, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(key)
        (made / CERTIFICATES).write_bytes(certificates)
        try:
            made.rename(folder)
        except OSError:
            if not (folder / KEY).is_file():  # not another process's that was quicker
                raise


def _generate(name: str) -> tuple[bytes, bytes]:
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _named(name, "provenance authority")
    top = _certificate(authority, authority, authority_key, authority_key, ca=True)
    leaf = _certificate(_named(name, "provenance"), authority, key, authority_key, ca=False)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret, b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, top))


def _named(site: str, what: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"Vocasync {site}"[:64])
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, what)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
) -> x509.Certificate:
    """What C2PA 2.1 (14.5.1) asks of a claim signer's certificate; of an authority's, ``ca``."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(_usage(ca=ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
