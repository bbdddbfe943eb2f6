import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "@/locales/en.json";
import es from "@/locales/es.json";
import { intlLocale } from "./format";

export const LANGUAGES = ["en", "es"] as const;
export type Language = (typeof LANGUAGES)[number];
const STORED = "language";

function firstLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  for (const tag of [stored, ...navigator.languages]) {
    const language = LANGUAGES.find((known) => tag?.toLowerCase().startsWith(known));
    if (language) return language;
  }
  return "en";
}

export function setLanguage(language: Language) {
  localStorage.setItem(STORED, language);
  void i18next.changeLanguage(language);
}

i18next.on("languageChanged", (language) => {
  document.documentElement.lang = language;
});

await i18next.use(initReactI18next).init({
  resources: { en: { translation: en }, es: { translation: es } },
  lng: firstLanguage(),
  fallbackLng: "en",
  interpolation: { escapeValue: false },
  returnNull: false,
});

// `{{count, number}}` is written as the reader's country writes it, not as the bare language would.
i18next.services.formatter?.add("number", (value, language, options) =>
  new Intl.NumberFormat(intlLocale(language), options).format(Number(value)),
);

export default i18next;
