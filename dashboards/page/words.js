// Texts of the page in both languages. Titles of charts are in the specification, names in the data.

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
    away: "Сервис не отвечает. Показаны прежние данные; попытки продолжаются.",
    refused: "Сервис отклонил запрос: {problem}",
    tokenLabel: "Чтобы увидеть данные, введите токен",
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
    unnarrowed: "Not filtered",
    numbers: "Show the numbers",
    nothing: "No data yet",
    few: "fewer",
    many: "more",
    other: "Other",
    yes: "yes",
    no: "no",
    place: "{what}: {value}",
    largest: "largest: {what}",
    latest: "latest: {what}",
    away: "The service does not answer. The page shows the previous data and keeps trying.",
    refused: "The service has rejected the request: {problem}",
    tokenLabel: "Enter the token to see the data",
    tokenShow: "Show",
    tokenWrong: "The token is wrong.",
    moscow: "Moscow time.",
    drawn: "Charts: Apache ECharts",
  },
};

// Translations of indicators, which the views name in Russian only.
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

/** Switches to the other language and stores the choice. */
export function switchLanguage() {
  current = current === "ru" ? "en" : "ru";
  keep(STORED, current);
}

/** A text of the page with its `{placeholders}` replaced. */
export function say(word, values = {}) {
  return WORDS[current][word].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The name of an indicator of the health of the pipeline. */
export function indicator(name) {
  return current === "en" ? INDICATORS[name] ?? name : name;
}

/** A text of the specification. */
export function pick(text) {
  return text[current];
}
