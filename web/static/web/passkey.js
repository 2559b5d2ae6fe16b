// Buttons of passkeys show where the browser has them; a refusal of the device is said on the page.
(() => {
  "use strict";
  if (!window.PublicKeyCredential) return;
  for (const button of document.querySelectorAll("[data-passkey]")) button.hidden = false;
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const told = document.querySelector("[data-passkey-refused]");
    if (told) told.hidden = false;
  });
})();
