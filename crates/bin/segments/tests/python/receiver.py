"""A webhook receiver that verifies signatures with the public library `standardwebhooks`.

It writes its port, reads the secret from a line of its standard input, and writes a line of JSON for each request.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


class Receiver(BaseHTTPRequestHandler):
    webhook: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            message = self.webhook.verify(body, headers)
        except WebhookVerificationError as error:
            self.answer(401, {"error": str(error)})
            return
        self.answer(204, {"id": headers["webhook-id"], "message": message})

    def answer(self, status: int, line: dict) -> None:
        print(json.dumps({"status": status, **line}), flush=True)
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """The lines on the standard output are enough."""


def main() -> None:
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    print(server.server_port, flush=True)
    Receiver.webhook = Webhook(sys.stdin.readline().strip())
    server.serve_forever()


if __name__ == "__main__":
    main()
