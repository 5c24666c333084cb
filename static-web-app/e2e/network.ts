/** A network that can be lost: what a browser sends to the API goes through here (Chromium's own offline mode leaves
 *  open streams over loopback alone). */
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export class Network {
  private readonly sockets = new Set<Socket>();
  private isLost = false;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on("connection", (socket) => this.connected(socket));
  }

  /** To the host and port of `target`. */
  static async to(target: string): Promise<Network> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Network(server, new URL(target));
  }

  /** What makes Chromium go this way. */
  get argument(): string {
    const { port } = this.server.address() as AddressInfo;
    return `--host-resolver-rules=MAP ${this.target.host} 127.0.0.1:${port}`;
  }

  /** From now on nothing gets through, and what was open is broken. */
  lose(): void {
    this.isLost = true;
    for (const socket of this.sockets) socket.destroy();
  }

  find(): void {
    this.isLost = false;
  }

  close(): void {
    this.lose();
    this.server.close();
  }

  private connected(socket: Socket): void {
    if (this.isLost) {
      socket.destroy();
      return;
    }
    const onward = connect(Number(this.target.port), this.target.hostname);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.sockets.add(one);
      // the other side learns of it by the end of its own
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
