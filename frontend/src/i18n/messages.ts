/** The words of the screen: written in en.json, type-checked by it, compiled at build time. */
import compiled from "./en.compiled.json";
import type source from "./en.json";

export type Messages = typeof source;
export const messages = compiled as unknown as Messages;

declare module "use-intl" {
  interface AppConfig {
    Messages: Messages;
  }
}
