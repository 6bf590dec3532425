"""A mail server that does as it is told.

Listens on the port of the first argument (0: any), says which as {"port": …}, then a line of JSON for each mail that it
accepted. Takes lines: accept, busy (451), refuse (554), silent (never answers to the text of a mail).
"""

import asyncio
import email
import email.policy
import json
import sys
import threading

from aiosmtpd.smtp import SMTP

mode = "accept"


def say(value):
    print(json.dumps(value), flush=True)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        if mode == "busy":
            return f"451 4.3.2 try {envelope.rcpt_tos[0]} later"
        if mode == "refuse":
            return f"554 5.7.1 nothing for {envelope.rcpt_tos[0]}"
        if mode == "silent":
            await asyncio.sleep(3600)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "names": [name.lower() for name in mail.keys()],
            "parts": [part.get_content_type() for part in mail.walk()],
            "plain": mail.get_body(("plain",)).get_content(),
            "html": mail.get_body(("html",)).get_content(),
        })
        return "250 OK"


def listen_to_orders():
    global mode
    for line in sys.stdin:
        mode = line.strip()
        say({"mode": mode})


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), hostname="sink.example"), "127.0.0.1", int(sys.argv[1]))
    say({"port": server.sockets[0].getsockname()[1]})
    threading.Thread(target=listen_to_orders, daemon=True).start()
    await server.serve_forever()


asyncio.run(main())
