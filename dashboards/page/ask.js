// Polling of dashboard data: every few seconds, only while the page is visible, and with an ETag.

import { shown } from "./token.js";

const PAUSE = 4000;
const LONGEST_PAUSE = 30000;

/** Polls `question()`, a query string, and reports the result: `heard(answer)`, `failed(problem)`. */
export class Asker {
  #question;
  #events;
  #timer;
  #underWay;
  #asked;
  #tag;
  #failures = 0;
  #stopped = false;

  constructor(question, events) {
    this.#question = question;
    this.#events = events;
    document.addEventListener("visibilitychange", () => this.now());
    addEventListener("online", () => this.now());
  }

  get stopped() {
    return this.#stopped;
  }

  /** Stops or resumes the polling. */
  set stopped(stopped) {
    this.#stopped = stopped;
    if (!stopped) this.now();
  }

  /** Sends a request at once and aborts the previous one. */
  async now() {
    clearTimeout(this.#timer);
    this.#underWay?.abort();
    if (document.hidden) return;
    const underWay = (this.#underWay = new AbortController());
    const again = await this.#ask(underWay.signal);
    if (!underWay.signal.aborted && again) this.#wait();
  }

  #wait() {
    const pause = Math.min(PAUSE * 2 ** this.#failures, LONGEST_PAUSE);
    // With jitter, so that many pages do not reconnect at the same time after an outage.
    this.#timer = setTimeout(() => this.#stopped || this.now(), pause * (1 + Math.random() / 4));
  }

  // Returns whether to send another request after a pause.
  async #ask(signal) {
    const question = this.#question();
    const headers = {};
    if (question === this.#asked) headers["If-None-Match"] = this.#tag;
    const token = shown();
    if (token) headers.Authorization = `Bearer ${token}`;
    try {
      const answer = await fetch(new URL(`data?${question}`, import.meta.url), { headers, signal, cache: "no-store" });
      if (answer.status === 304) {
        this.#events.heard(null);
      } else if (answer.status === 401) {
        this.#events.askedForToken(Boolean(token));
        return false;
      } else if (answer.status === 400) {
        this.#events.failed((await answer.json()).error);
        return false;
      } else if (!answer.ok) {
        throw new Error(`status ${answer.status}`);
      } else {
        const heard = await answer.json();
        [this.#asked, this.#tag] = [question, answer.headers.get("ETag")];
        this.#events.heard(heard);
      }
      this.#failures = 0;
    } catch {
      if (signal.aborted) return false;
      this.#failures += 1;
      this.#events.failed(null);
    }
    return true;
  }
}
