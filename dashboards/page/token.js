// The token, if the service wants to see one: typed once, kept until the tab is closed.

import { keep, recall } from "./memory.js";
import { say } from "./words.js";

const STORED = "tagmill-token";

let token = recall(STORED, { tab: true });

/** What is to be shown to the service, or null. */
export function shown() {
  return token;
}

/** Asks whoever is there for the token, and calls `goOn` when it has been typed. */
export function request(wasWrong, goOn) {
  use(null);
  const [form, text, trouble] = ["token", "token-text", "token-trouble"].map((id) => document.getElementById(id));
  // The service says so again whenever it is asked; whoever is typing meanwhile goes on typing.
  if (!form.hidden && !wasWrong) return;
  form.hidden = false;
  trouble.hidden = !wasWrong;
  trouble.textContent = wasWrong ? say("tokenWrong") : "";
  text.value = "";
  text.focus();
  form.onsubmit = (event) => {
    event.preventDefault();
    const typed = text.value.trim();
    // Typed with another layout of the keyboard it is no token, and no header could take it to the service.
    if (!/^[ -~]+$/.test(typed)) return request(true, goOn);
    use(typed);
    goOn();
  };
}

/** The service is content. */
export function satisfied() {
  document.getElementById("token").hidden = true;
}

function use(typed) {
  token = typed;
  keep(STORED, token, { tab: true });
}
