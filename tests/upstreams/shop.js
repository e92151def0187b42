// An API that is another Worker, reached by a service binding.

const orders = [];

export default {
  async fetch(request) {
    const { pathname, host } = new URL(request.url);
    if (request.method === "HEAD") return new Response(null, { headers: { ETag: '"v1"' } });
    if (request.method === "GET")
      return pathname === "/stream" ? new Response(stream()) : Response.json(orders);
    orders.push(pathname);
    const body = await request.text();
    switch (pathname.split("/").at(-1)) {
      case "redirect":
        return new Response(null, {
          status: 303,
          headers: { Location: `https://${host}/orders/${orders.length}` },
        });
      case "empty":
        return new Response(null, { status: 204 });
      case "refused":
        return new Response("no such account", { status: 422 });
      case "slow":
        await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    return Response.json({ number: orders.length, body }, { status: 201 });
  },
};

function stream() {
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  const write = async () => {
    for (const line of ["0\n", "1\n", "2\n"]) await writer.write(new TextEncoder().encode(line));
    await writer.close();
  };
  write();
  return readable;
}
