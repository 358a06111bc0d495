// @vitest-environment jsdom
/** Code that comes later: its place is held, filled at once when it is there, and a failure is not swallowed. */
import { act, cleanup, render, screen } from "@testing-library/react";
import { Component, type ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { late } from "@/lib/late";

afterEach(cleanup);

function Word({ text }: { text: string }) {
  return <p>{text}</p>;
}

class Net extends Component<{ children: ReactNode }, { caught: string | null }> {
  override state = { caught: null };
  static getDerivedStateFromError = (error: Error) => ({ caught: error.message });
  override render() {
    return this.state.caught === null ? this.props.children : <p>caught: {this.state.caught}</p>;
  }
}

test("the place is held until the code is there, and filled without waiting for anything else", async () => {
  let arrive: (made: { default: typeof Word }) => void = () => undefined;
  const load = vi.fn(() => new Promise<{ default: typeof Word }>((resolve) => (arrive = resolve)));
  const Late = late(load, ({ text }) => <p>waiting for {text}</p>);
  expect(load).not.toHaveBeenCalled();
  render(<Late text="one" />);
  screen.getByText("waiting for one");
  await act(async () => arrive({ default: Word }));
  screen.getByText("one");
  render(<Late text="two" />);
  screen.getByText("two");
  expect(load).toHaveBeenCalledTimes(1);
});

test("what is wanted soon is asked for before it has a place", () => {
  const load = vi.fn(async () => ({ default: Word }));
  late(load, () => null, true);
  expect(load).toHaveBeenCalledTimes(1);
});

test("code that does not come is an error of the screen, not an empty place", async () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const Late = late<{ text: string }>(async () => Promise.reject(new Error("gone")));
  await act(async () => void render(<Net children={<Late text="one" />} />));
  screen.getByText("caught: gone");
  said.mockRestore();
});
