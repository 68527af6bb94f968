# SPDX-License-Identifier: Apache-2.0
"""Passkeys: registering one, signing in by one, signing a statement with one (W3C WebAuthn 3).

    options, step = passkeys.ask_to_register(access, person, rp_id=…, at=…)     → the browser
    passkeys.register(access, person, step, answer, origin=…, rp_id=…, at=…)    → kept
    options, step = passkeys.ask_to_sign_in(access, rp_id=…, at=…)
    person = passkeys.sign_in(access, step, answer, origin=…, rp_id=…, at=…)

Passkeys are discoverable (nobody types a name, so none can be guessed), their authenticator knows
its person (user verification), and their algorithm is ES256 or EdDSA: what signs in also signs
statements (``formats.assertion``). No attestation is asked for: it would tell makes of devices, and
the house decides by person, not by device. The challenge is kept here and taken once.

A counter that does not grow means a copied authenticator, and is refused; many count nothing, say 0
for ever, and are taken. ``webauthn`` (py_webauthn) does the verifying, but for statements.
"""

from __future__ import annotations

import json
from typing import Any

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from proofhouse.access.access import Access
from proofhouse.access.store import new_secret
from proofhouse.access.values import Passkey, Person
from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats.assertion import Assertion, check, check_key
from proofhouse.formats.envelope import PAYLOAD_TYPE, Signature

NAME = "Proofhouse"
REGISTER, SIGN_IN = "passkey/register", "passkey/sign-in"
MAX_ANSWER = 16_384
_ALGORITHMS = [COSEAlgorithmIdentifier.EDDSA, COSEAlgorithmIdentifier.ECDSA_SHA_256]


def ask_to_register(
    access: Access, person: Person, *, rp_id: str, at: str
) -> tuple[dict[str, Any], str]:
    """What a browser is asked to make a passkey with, and the step that takes its answer."""
    challenge = new_secret("c").encode()
    options = generate_registration_options(
        rp_id=rp_id,
        rp_name=NAME,
        user_id=bytes.fromhex(person.id),
        user_name=person.contact or person.name,
        user_display_name=person.name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=one.id) for one in access.passkeys(person.id)
        ],
        supported_pub_key_algs=_ALGORITHMS,
    )
    kept = {"person": person.id, "challenge": bytes_to_base64url(challenge)}
    return json.loads(options_to_json(options)), access.begin_step(REGISTER, kept, at)


def register(
    access: Access,
    person: Person,
    step: str,
    answer: str,
    *,
    origin: str,
    rp_id: str,
    at: str,
    name: str = "",
) -> Passkey:
    """Keep the passkey that a browser made. ``answer`` is the JSON of its credential.

    Raises VerificationError if it was not asked for so, RefusedError if it is registered already.
    """
    kept = access.take_step(REGISTER, step, at)
    if kept is None or kept["person"] != person.id:
        raise _too_late()
    try:
        made = verify_registration_response(
            credential=_json(answer),
            expected_challenge=base64url_to_bytes(kept["challenge"]),
            expected_rp_id=rp_id,
            expected_origin=origin,
            require_user_verification=True,
            supported_pub_key_algs=_ALGORITHMS,
        )
        check_key(made.credential_public_key)
    except (WebAuthnException, FormatError, ValueError, TypeError, KeyError):
        raise VerificationError(
            "This passkey can't be registered here.",
            hint="It must be one that asks for a fingerprint, a face or a PIN (ES256 or EdDSA).",
        ) from None
    return access.add_passkey(
        person.id,
        made.credential_id,
        made.credential_public_key,
        at,
        sign_count=made.sign_count,
        name=name,
    )


def ask_to_sign_in(access: Access, *, rp_id: str, at: str) -> tuple[dict[str, Any], str]:
    """What a browser is asked to sign in with, and the step that takes its answer."""
    challenge = new_secret("c").encode()
    options = generate_authentication_options(
        rp_id=rp_id,
        challenge=challenge,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    kept = {"challenge": bytes_to_base64url(challenge)}
    return json.loads(options_to_json(options)), access.begin_step(SIGN_IN, kept, at)


def sign_in(access: Access, step: str, answer: str, *, origin: str, rp_id: str, at: str) -> Person:
    """Whose passkey answered. Raises VerificationError, the same whatever is wrong."""
    kept = access.take_step(SIGN_IN, step, at)
    if kept is None:
        raise _too_late()
    try:
        credential = parse_authentication_credential_json(_json(answer))
        passkey = access.passkey(credential.raw_id)
        if passkey is None or credential.response.user_handle not in (
            None,
            bytes.fromhex(passkey.person),
        ):
            raise _not_known()
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(kept["challenge"]),
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        raise _not_known() from None
    access.used_passkey(passkey.id, verified.new_sign_count, at)
    return access.person(passkey.person)


def sign(
    access: Access, person: Person, answer: str, payload: bytes, *, origin: str, rp_id: str, at: str
) -> Signature:
    """A person's signature on the statement ``payload``, to stand beside a party's.

    The browser was asked for the challenge ``formats.assertion.challenge(pae(…))``; it needs no
    step, for it signs this statement and is good for nothing else. Raises VerificationError.
    """
    try:
        credential = parse_authentication_credential_json(_json(answer))
        passkey = access.passkey(credential.raw_id)
        if passkey is None or passkey.person != person.id:
            raise _not_known()
        said = Assertion(
            passkey.public_key,
            credential.response.authenticator_data,
            credential.response.client_data_json,
            credential.response.signature,
        )
    except (WebAuthnException, FormatError, ValueError, TypeError, KeyError):
        raise _not_known() from None
    signature = Signature(said.keyid, said.to_bytes())
    check(signature, PAYLOAD_TYPE, payload, origin=origin, rp_id=rp_id)
    if (said.sign_count or passkey.sign_count) and said.sign_count <= passkey.sign_count:
        raise _not_known()
    access.used_passkey(passkey.id, said.sign_count, at)
    return signature


def _json(answer: str) -> dict[str, Any]:
    """The object that a browser handed in. Raises ValueError."""
    if len(answer) > MAX_ANSWER:
        raise ValueError("too long")
    try:
        value = json.loads(answer)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def _too_late() -> VerificationError:
    return VerificationError("This took too long, or was done already.", hint="Try once more.")


def _not_known() -> VerificationError:
    return VerificationError(
        "This passkey does not open anything here.",
        hint="Use one that you registered with this house, or ask an administrator for a link.",
    )
