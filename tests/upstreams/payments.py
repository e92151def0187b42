"""An API of Python's standard library, which knows nothing of idempotency: each POST is one more payment.

It speaks HTTP/1.0, as http.server does: an answer ends where the connection does."""

import gzip
import json
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ENCODERS = {"gzip": gzip.compress, "deflate": zlib.compress}

payments = []


class Payments(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        payments.append(self.path)
        print("POST", self.path, flush=True)
        what = self.path.rsplit("/", 1)[-1]
        if what == "redirect":
            return self.answer(303, {"Location": f"http://{self.headers['Host']}/payments/{len(payments)}"})
        if what == "empty":
            return self.answer(204, {})
        if what == "refused":
            return self.answer(422, {}, b"no such account")
        if what == "slow":
            time.sleep(1)
        answer = json.dumps({"number": len(payments), "body": body.decode()}).encode()
        if what in ENCODERS:
            return self.answer(201, {"Content-Encoding": what}, ENCODERS[what](answer))
        self.answer(201, {"Content-Type": "application/json"}, answer)

    def do_GET(self):
        if self.path == "/stream":
            self.answer(200, {"Content-Type": "text/plain"})
            for line in range(3):
                self.wfile.write(f"{line}\n".encode())
                self.wfile.flush()
            return
        if self.path[1:] in ENCODERS:
            return self.answer(200, {"Content-Encoding": self.path[1:]}, ENCODERS[self.path[1:]](b"unpacked"))
        self.answer(200, {"Content-Type": "application/json"}, json.dumps(payments).encode())

    def do_HEAD(self):
        self.answer(200, {"Content-Length": "1234", "ETag": '"v1"'})

    def answer(self, status, fields, body=b""):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Payments)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
