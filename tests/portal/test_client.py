# SPDX-License-Identifier: Apache-2.0
"""A client that somebody else's program makes of the description plays a case with it."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from proofhouse.portal.api import OPERATIONS
from proofhouse.portal.api.document import document
from proofhouse.verify import verify

GENERATOR = Path(sys.executable).with_name("openapi-python-client")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The generated package; whatever the generator warns of is an error of the description."""
    folder = tmp_path_factory.mktemp("client")
    described = folder / "openapi.json"
    described.write_text(json.dumps(document(OPERATIONS, "http://localhost:8080")))
    (folder / "config.yml").write_text("post_hooks: []\n")  # its tidying up changes no meaning
    done = subprocess.run(
        [
            *(GENERATOR, "generate", "--path", described, "--meta", "none", "--fail-on-warning"),
            *("--config", folder / "config.yml", "--output-path", folder / "proofhouse_client"),
        ],
        env={**os.environ, "PATH": f"{GENERATOR.parent}:{os.environ['PATH']}", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield importlib.import_module("proofhouse_client")
    for name in [name for name in sys.modules if name.startswith("proofhouse_client")]:
        del sys.modules[name]


def test_a_case_is_played_by_a_generated_client(made: Any, town: Any) -> None:
    """Token, inquiry, submission of weights, list, bundle, and the bundle verifies."""
    api = importlib.import_module
    models = api("proofhouse_client.models")
    token = town.token("developer", "read", "read-confidential", "inquire")
    client = made.AuthenticatedClient(base_url="http://localhost:8080", token=token)
    browser = town.client()
    browser.headers["Authorization"] = f"Bearer {token}"
    client.set_httpx_client(browser)

    begin = api("proofhouse_client.api.acts.begin_case")
    submit = api("proofhouse_client.api.acts.submit")
    sign = api("proofhouse_client.api.signatures.sign_draft")
    cases = api("proofhouse_client.api.cases.list_cases")
    bundle = api("proofhouse_client.api.cases.read_bundle")

    inquiry = models.BeginCaseBody(name="Example Lab", contact="models@lab.example")
    draft = begin.sync(client=client, body=inquiry, idempotency_key="first")
    assert begin.sync(client=client, body=inquiry, idempotency_key="first").id == draft.id
    signed = sign.sync(draft.id, client=client)
    assert signed.registered.statement == "inquiry"
    weights = models.SubmitBody(model="reference/strong", weights="ab" * 32)
    draft = submit.sync(draft.case, client=client, body=weights)
    signed = sign.sync(draft.id, client=client)
    assert signed.draft is None

    (found,) = cases.sync(client=client, state="assessor_to_plan", limit=1).items
    assert found.id == signed.registered.case
    answer = bundle.sync_detailed(found.id, client=client)
    assert verify(answer.content, town.house.policy).status == "verified"

    begun = api("proofhouse_client.api.acts.list_beginnings").sync(client=client)
    assert [one.name for one in begun.items] == ["inquire"]
    account = api("proofhouse_client.api.account.read_account").sync(client=client)
    assert isinstance(account, models.Problem)
    assert account.status == 403

    problem = submit.sync(found.id, client=client, body=weights)
    assert isinstance(problem, models.Problem)
    assert problem.status == 409


def test_the_house_is_kept_by_a_generated_client(made: Any, town: Any) -> None:
    """Comment, application, person and link; audit; a draft that a person signs."""
    api = importlib.import_module
    models = api("proofhouse_client.models")

    def client_of(*who: str) -> Any:
        browser = town.client()
        if not who:
            client = made.Client(base_url="http://localhost:8080")
        else:
            token = town.token(*who)
            client = made.AuthenticatedClient(base_url="http://localhost:8080", token=token)
            browser.headers["Authorization"] = f"Bearer {token}"
        client.set_httpx_client(browser)
        return client

    public, staff = client_of(), client_of("registrar", "docket", "erase")
    (bank,) = api("proofhouse_client.api.public_record.list_banks").sync(client=public).items
    docket = "proofhouse_client.api.docket"
    comment = models.CommentOnBankBody(words="Too coarse")
    made_one = api(f"{docket}.comment_on_bank").sync(bank.digest, client=public, body=comment)
    shown = api(f"{docket}.show_comment").sync_detailed(str(made_one.number), client=staff)
    assert shown.status_code == 204
    (read,) = api(f"{docket}.list_comments").sync(bank.digest, client=public).items
    assert (read.words, read.erased) == ("Too coarse", None)
    audit = api("proofhouse_client.api.public_record.read_audit").sync(client=public)
    assert audit.status == "verified"

    partners = "proofhouse_client.api.partners"
    told = {"name": "Rural Clinic", "sector": "health", "size": "up to 50 people"}
    told |= {"contact": "it@clinic.example", "purpose": "wards", "protection": "two people"}
    form = models.ApplyAsPartnerBody.from_dict(told)
    applied = api(f"{partners}.apply_as_partner").sync(client=public, body=form)
    own = api(f"{partners}.read_applied").sync(applied.secret, client=public)
    assert (own.state, own.steps) == ("applied", [])

    people, administrator = "proofhouse_client.api.people", client_of("administrator", "people")
    acting = {"organisation": town.organisations["Institute"].id, "role": "assessor"}
    body = models.AddPersonBody.from_dict({"name": "Ada Lindt", **acting})
    person = api(f"{people}.add_person").sync(client=administrator, body=body)
    link = api(f"{people}.link_person").sync(person.id, client=administrator)
    assert "/link/" in link.link

    acts, assessor = "proofhouse_client.api.acts", client_of("assessor", "read", "draft")
    left_out = {"redactions": ["threshold", "plan", "evidence"]}
    case, body = town.case_in("covered"), {"reason": "It is theirs", **left_out}
    body = models.DiscloseBody.from_dict(body)
    draft = api(f"{acts}.disclose").sync(case, client=assessor, body=body)
    assert (draft.waits_for_you, draft.approvals) == (True, [])
    refused = api("proofhouse_client.api.signatures.sign_draft").sync(draft.id, client=assessor)
    assert refused.status == 403
