// A proxy in front of a store's server, which can be cut off or hold back what it is sent.

import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export interface Proxy {
  /** `127.0.0.1` and a port, always the same. */
  host: string;
  /** Ends all connections, and takes none until `restore`. What the server has been sent it may have done. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  /** Has the server wait for what clients send meanwhile. It gets it then, even if they are gone. */
  hold<T>(meanwhile: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** Starts one in front of what listens to this port of this machine. */
export async function startProxy(to: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let released = Promise.resolve();
  const tracked = (socket: Socket) => {
    sockets.add(socket);
    // Whoever is at the other end sees it, too.
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    return socket;
  };
  const passOn = async (client: Socket) => {
    const server = tracked(connect(to, "127.0.0.1"));
    server.on("data", (data) => client.writable && client.write(data));
    server.on("close", () => client.destroy());
    try {
      for await (const data of client) {
        await released;
        server.write(data);
      }
    } catch {
      // The client was cut off.
    }
    await released;
    server.end();
  };
  let proxy: Server;
  let port = 0;
  const listen = async () => {
    proxy = createServer((client) => void passOn(tracked(client)));
    proxy.listen(port, "127.0.0.1");
    await once(proxy, "listening");
    ({ port } = proxy.address() as AddressInfo);
  };
  const cut = async () => {
    const closed = once(proxy, "close");
    proxy.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen();
  return {
    host: `127.0.0.1:${port}`,
    cut,
    restore: listen,
    hold: async (meanwhile) => {
      let release = () => {};
      released = new Promise((resolve) => (release = resolve));
      try {
        return await meanwhile();
      } finally {
        release();
      }
    },
    stop: cut,
  };
}
