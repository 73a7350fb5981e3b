// What the page says by itself, in both languages. Titles of charts come with the specification, names with the data.

import { keep, recall } from "./memory.js";

const WORDS = {
  ru: {
    skip: "К графикам",
    asOf: "Данные на {time}, проверено в {looked}",
    waiting: "Загружается…",
    pause: "Пауза",
    resume: "Обновлять",
    paused: "обновление остановлено",
    language: "English",
    dark: "Тёмная тема",
    light: "Светлая тема",
    tabs: "Разделы",
    all: "Все",
    from: "{title}: с",
    to: "по",
    reset: "Сбросить",
    unnarrowed: "Без учёта выбора",
    numbers: "Показать числа",
    nothing: "Пока пусто",
    few: "меньше",
    many: "больше",
    other: "Остальное",
    yes: "да",
    no: "нет",
    place: "{what}: {value}",
    largest: "наибольшее — {what}",
    latest: "последнее — {what}",
    away: "Сервис не отвечает. Показано то, что было раньше; попытки продолжаются.",
    refused: "Этот вопрос сервис не понимает: {problem}",
    tokenLabel: "Чтобы увидеть числа, нужен токен",
    tokenShow: "Показать",
    tokenWrong: "Этот токен не подходит.",
    moscow: "Время московское.",
    drawn: "Графики: Apache ECharts",
  },
  en: {
    skip: "To the charts",
    asOf: "Data as of {time}, checked at {looked}",
    waiting: "Loading…",
    pause: "Pause",
    resume: "Resume",
    paused: "paused",
    language: "Русский",
    dark: "Dark theme",
    light: "Light theme",
    tabs: "Sections",
    all: "All",
    from: "{title}: from",
    to: "to",
    reset: "Reset",
    unnarrowed: "Regardless of what is chosen",
    numbers: "Show the numbers",
    nothing: "Nothing here yet",
    few: "fewer",
    many: "more",
    other: "Other",
    yes: "yes",
    no: "no",
    place: "{what}: {value}",
    largest: "largest: {what}",
    latest: "latest: {what}",
    away: "The service does not answer. What you see is what it said before; we go on trying.",
    refused: "The service does not understand this question: {problem}",
    tokenLabel: "The numbers are shown to whoever has the token",
    tokenShow: "Show",
    tokenWrong: "This is not the right token.",
    moscow: "Moscow time.",
    drawn: "Charts: Apache ECharts",
  },
};

// The views name these in Russian alone.
const INDICATORS = {
  "Заказы, которые ждут имён": "Orders that wait for names",
  "Неотправленные заказы": "Unsent orders",
  "Недостающие имена": "Missing names",
  "Перестройка хранилища": "Vault being rebuilt",
  "Дни, которые ждут пересчёта": "Days waiting to be recounted",
  "Перестройка витрин": "Marts being rebuilt",
  "Неотправленные события тегов": "Unsent tag events",
  "Правила, которые применяются": "Rules being applied",
  "Секунд с обновления сводки": "Seconds since the summary was refreshed",
};

const STORED = "tagmill-language";

let current = recall(STORED) ?? preferred();

function preferred() {
  const known = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in WORDS);
  return known ?? "ru";
}

/** The language in use: `ru` or `en`. */
export function language() {
  return current;
}

/** Uses the other one from here on, and the next time. */
export function switchLanguage() {
  current = current === "ru" ? "en" : "ru";
  keep(STORED, current);
}

/** A text of the page, its `{places}` filled. */
export function say(word, values = {}) {
  return WORDS[current][word].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** An indicator of the pipeline's health, as the views name it. */
export function indicator(name) {
  return current === "en" ? INDICATORS[name] ?? name : name;
}

/** A text of the specification. */
export function pick(text) {
  return text[current];
}
