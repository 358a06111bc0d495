/** A mail server for one test: takes whatever the platform sends, on this machine, and keeps it. */
import { createServer, type Socket } from "node:net";

export type Mailbox = { setting: string; letters: string[]; stop: () => Promise<void> };

export async function openMailbox(): Promise<Mailbox> {
  const letters: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    serve(socket, (letter) => letters.push(letter));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("no address");
  return {
    setting: `smtp://127.0.0.1:${address.port}?from=Tickwise%20%3Cbots@example.org%3E`,
    letters,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Says yes to every line; what comes between DATA and a lone dot is the letter. */
function serve(socket: Socket, keep: (letter: string) => void): void {
  let letter: string[] | null = null;
  let rest = "";
  const say = (line: string) => socket.write(`${line}\r\n`);
  say("220 mailbox");
  socket.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\r\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (letter && line !== ".") letter.push(line);
      else if (letter) {
        keep(letter.join("\n"));
        letter = null;
        say("250 kept");
      } else if (line.toUpperCase() === "DATA") {
        letter = [];
        say("354 go on");
      } else if (line.toUpperCase() === "QUIT") socket.end("221 bye\r\n");
      else say("250 yes");
    }
  });
}
