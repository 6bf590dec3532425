"""A browser on a site, and what its outbox holds. Every script of this folder drives one."""

import json
import time
import urllib.request

from selenium import webdriver
from selenium.webdriver.common.by import By

PATIENCE = 10  # seconds
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)


def until(ask, what):
    """Asks until the answer is something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


class Browser:
    def __init__(self, site):
        self.site = site
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in FLAGS.split():
            options.add_argument(flag)
        self.driver = webdriver.Chrome(
            options=options, service=webdriver.ChromeService("/usr/bin/chromedriver")
        )

    def open(self, path):
        self.driver.get(self.site + path)

    def text(self):
        # Between two pages there is no body.
        return self.driver.execute_script("return document.body ? document.body.innerText : ''")

    def see(self, text):
        try:
            until(lambda: text in self.text(), repr(text))
        except AssertionError as error:
            raise AssertionError(f"{error}; there was {self.text()!r}") from None

    def submit(self, action, **fields):
        """Fills the form that posts to a path and sends it. A box is ticked by `True`."""
        form = self.driver.find_element(By.CSS_SELECTOR, f'form[action="{action}"]')
        for name, value in fields.items():
            field = form.find_element(By.CSS_SELECTOR, f'[name$="[{name}]"]')
            field.click() if value is True else field.send_keys(value)
        form.find_element(By.TAG_NAME, "button").click()

    def follow(self, kind, to, action, **fields):
        """Opens the latest link of this kind in the outbox and sends the form of its page."""

        def link():
            with urllib.request.urlopen(self.site + "/dev/outbox.json") as outbox:
                sent = [message for message in json.load(outbox) if (message["kind"], message["to"]) == (kind, to)]
            return sent and sent[0]["link"]

        self.driver.get(until(link, f"a message {kind} to {to}"))
        self.submit(action, **fields)

    def lose_cookie(self, name):
        self.driver.delete_cookie(name)

    def close(self):
        self.driver.quit()
