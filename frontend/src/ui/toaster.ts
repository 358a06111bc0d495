/** The library's own region for short words, on its own so that it can arrive with the first of them. */
export { Toaster as default } from "sonner";
