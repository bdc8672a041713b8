import { effect, signal } from "@preact/signals";

export type Theme = "system" | "dark" | "light";
const stored = localStorage.getItem("bdh.theme");
export const theme = signal<Theme>(stored === "dark" || stored === "light" ? stored : "system");

effect(() => {
  if (theme.value === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme.value;
  localStorage.setItem("bdh.theme", theme.value);
});

export function isDark(): boolean {
  return theme.value === "dark" || (theme.value === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
}

export function toggleTheme(): void {
  theme.value = isDark() ? "light" : "dark";
}
