// Bearer token, if the service requires one: typed once, stored until the tab is closed.

import { keep, recall } from "./memory.js";
import { say } from "./words.js";

const STORED = "tagmill-token";

let token = recall(STORED, { tab: true });

/** The token for requests, or null. */
export function shown() {
  return token;
}

/** Shows the form for the token, and calls `goOn` after it is submitted. */
export function request(wasWrong, goOn) {
  use(null);
  const [form, text, trouble] = ["token", "token-text", "token-trouble"].map((id) => document.getElementById(id));
  // Later requests are rejected as well. An open form is not cleared, because somebody may be typing.
  if (!form.hidden && !wasWrong) return;
  form.hidden = false;
  trouble.hidden = !wasWrong;
  trouble.textContent = wasWrong ? say("tokenWrong") : "";
  text.value = "";
  text.focus();
  form.onsubmit = (event) => {
    event.preventDefault();
    const typed = text.value.trim();
    // A text with other characters (another keyboard layout) is not a token, and a header cannot contain it.
    if (!/^[ -~]+$/.test(typed)) return request(true, goOn);
    use(typed);
    goOn();
  };
}

/** Hides the form, after the service has accepted the token. */
export function satisfied() {
  document.getElementById("token").hidden = true;
}

function use(typed) {
  token = typed;
  keep(STORED, token, { tab: true });
}
