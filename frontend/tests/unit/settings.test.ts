// @vitest-environment jsdom
/** How a browser likes to see things: kept, and the same in every tab of it. */
import { renderHook, act } from "@testing-library/react";
import { expect, test } from "vitest";
import { changeSettings, useSettings } from "@/lib/settings";

test("a choice is shown at once and kept", () => {
  const { result } = renderHook(() => useSettings());
  act(() => changeSettings({ theme: "light", palette: "blue-orange" }));
  expect(result.current).toMatchObject({ theme: "light", palette: "blue-orange" });
  expect(document.documentElement.dataset).toMatchObject({ theme: "light", palette: "blue-orange" });
  expect(JSON.parse(localStorage.getItem("settings") ?? "")).toMatchObject({ theme: "light" });
});

test("what another tab chose is taken over; what it wrote elsewhere is not", () => {
  const { result } = renderHook(() => useSettings());
  localStorage.setItem("settings", JSON.stringify({ theme: "dark", zone: "UTC" }));
  act(() => void window.dispatchEvent(new StorageEvent("storage", { key: "other" })));
  expect(result.current.zone).toBe("local");
  act(() => void window.dispatchEvent(new StorageEvent("storage", { key: "settings" })));
  expect(result.current).toMatchObject({ theme: "dark", zone: "UTC" });
  expect(document.documentElement.dataset.theme).toBe("dark");
});
