// SPDX-License-Identifier: Apache-2.0
// Passkeys: makes one, comes in with one, signs a statement with one. Everything else works without.
//
//   <form data-passkey="sign-in" data-options="/sign-in/passkey.json">   name="answer" is filled
//   <form data-passkey="register" data-options="/account/passkey.json">  and the form is sent
//   <form>… <div data-passkey-sign data-challenge="64 hex digits" data-rp="…" data-allowed="ids">
//                                                                        name="assertion" is filled
"use strict";
(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const hex = (digits) => Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));

  const answered = (credential) => {
    const { response } = credential;
    const told = { clientDataJSON: text(response.clientDataJSON) };
    if (response.attestationObject) {
      told.attestationObject = text(response.attestationObject);
      told.transports = response.getTransports ? response.getTransports() : [];
    } else {
      told.authenticatorData = text(response.authenticatorData);
      told.signature = text(response.signature);
      told.userHandle = response.userHandle ? text(response.userHandle) : null;
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      clientExtensionResults: {},
      response: told,
    });
  };

  const asked = async (form) => {
    const response = await fetch(form.dataset.options, {
      method: "POST",
      body: new URLSearchParams({ csrf: form.elements.csrf.value }),
    });
    const options = await response.json();
    if (!response.ok) throw new Error([options.detail, options.hint].filter(Boolean).join(" "));
    options.challenge = bytes(options.challenge);
    for (const one of [...(options.allowCredentials || []), ...(options.excludeCredentials || [])]) {
      one.id = bytes(one.id);
    }
    if (options.user) options.user.id = bytes(options.user.id);
    return options;
  };

  const ceremonies = {
    "sign-in": async (form) => navigator.credentials.get({ publicKey: await asked(form) }),
    register: async (form) => navigator.credentials.create({ publicKey: await asked(form) }),
  };

  const sign = (place) =>
    navigator.credentials.get({
      publicKey: {
        challenge: hex(place.dataset.challenge),
        rpId: place.dataset.rp,
        allowCredentials: place.dataset.allowed.split(" ").filter(Boolean)
          .map((id) => ({ type: "public-key", id: bytes(id) })),
        userVerification: "required",
      },
    });

  const hold = (form, field, ceremony, said) => {
    const button = form.querySelector("button[type=submit]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      said.textContent = "";
      try {
        if (!window.PublicKeyCredential) throw new Error(said.dataset.unsupported);
        form.elements[field].value = answered(await ceremony());
        form.submit();
      } catch (error) {
        // Browsers' own errors are not in the reader's language, and tell nothing that helps.
        said.textContent = error instanceof DOMException ? said.dataset.failed : error.message;
        button.disabled = false;
      }
    });
    // Until here a click would have sent an empty answer; and after "back" it may be tried again.
    button.disabled = false;
    addEventListener("pageshow", (event) => { if (event.persisted) button.disabled = false; });
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const ceremony = () => ceremonies[form.dataset.passkey](form);
    hold(form, "answer", ceremony, form.querySelector("[data-passkey-said]"));
  }
  for (const place of document.querySelectorAll("[data-passkey-sign]")) {
    const form = place.closest("form");
    const said = form.querySelector("[data-passkey-said]") || place.appendChild(document.createElement("p"));
    said.setAttribute("role", "alert");
    hold(form, "assertion", () => sign(place), said);
  }
})();
