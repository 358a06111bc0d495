// @vitest-environment jsdom
/** A return a year is shown from a week on; before that a dash says why. */
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { YearReturn } from "@/ui/year-return";

afterEach(cleanup);

function shown(value: string | null, days: string | null): { text: string; title: string | null } {
  const { container } = render(<YearReturn value={value} days={days} short="Too short" />);
  return { text: container.textContent, title: container.querySelector("[title]")?.getAttribute("title") ?? null };
}

test("a week and more is carried on to a year, as the API says it", () => {
  expect(shown("39.7", "7")).toEqual({ text: "+39.70 %", title: null });
  expect(shown("-413.2", "30.5").text).toBe("−413.20 %");
});

test.each(["0.02", "1", "6.999999"])("%s days are too short, and a dash says so", (days) => {
  expect(shown("-413.2", days)).toEqual({ text: "– Too short", title: "Too short" });
});

test("an unknown length says the same, and a figure without a meaning is a bare dash", () => {
  expect(shown("5", null).title).toBe("Too short");
  expect(shown(null, "12")).toEqual({ text: "–", title: null });
});
