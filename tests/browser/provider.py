"""Signs in to the demo through a certified OpenID provider, and connects an account with it."""

import sys
import urllib.request

from selenium.webdriver.common.by import By

from browser import Browser, until

SITE = sys.argv[1]
USER = "/auth/user/"
BOB = "bob@example.com"
PASSWORD = "a quiet walrus in the attic"
BUTTON = "Sign in with your organisation"


def answers():
    try:
        return urllib.request.urlopen(SITE + "/healthz").status == 200
    except OSError:
        return False


def at_the_provider(here, login):
    """Signs in there and agrees to everything, until the way leads back."""

    def step():
        # On the way there is a page of the site's own, too. Its text is read first: it goes on by itself.
        text = here.text()
        if here.driver.current_url.startswith(SITE):
            return "One moment" not in text
        fields = here.driver.find_elements(By.NAME, "login")
        if fields:
            fields[0].send_keys(login)
            here.driver.find_element(By.NAME, "password").send_keys("any")
        buttons = here.driver.find_elements(By.CSS_SELECTOR, "button[type=submit]")
        if buttons:
            buttons[0].click()
        return False

    until(step, "the way back from the provider")


def click(here, text):
    here.driver.find_element(By.LINK_TEXT, text).click()


def come_as_somebody_new(here):
    here.open("/sign-in")
    click(here, BUTTON)
    at_the_provider(here, "ada")
    here.see("Signed in as ada@example.org")
    here.see("Disconnect")


def leave_and_come_back(here):
    here.submit(USER + "sign_out")
    here.see("make an account")
    here.open("/sign-in")
    click(here, BUTTON)
    at_the_provider(here, "ada")
    here.see("Signed in as ada@example.org")


def sign_out_there_too(here):
    # The page has no button for it: a form of the site's own would post there.
    here.driver.execute_script(
        "const f = document.createElement('form'); f.method = 'post'; f.action = arguments[0];"
        "document.body.append(f); f.submit();",
        USER + "oidc/sign_out",
    )
    at_the_provider(here, "ada")
    here.see("make an account")
    here.open("/account")
    here.see("Forgot your password?")


def connect(here):
    here.open("/register")
    here.submit(
        USER + "password/register", email=BOB, password=PASSWORD, password_confirmation=PASSWORD
    )
    here.follow("confirmation", BOB, USER + "confirm")
    here.see(f"You are signed in as {BOB}")
    here.open("/account")
    here.submit(USER + "oidc/link")
    at_the_provider(here, "robert")
    here.see(f"Signed in as {BOB}")
    here.see("Disconnect")
    here.submit(USER + "sign_out")
    here.see("make an account")
    here.open("/sign-in")
    click(here, BUTTON)
    at_the_provider(here, "robert")
    here.see(f"Signed in as {BOB}")
    here.submit(USER + "oidc/unlink")
    here.see("Connect with your organisation")


def confirm_an_address_that_nobody_vouches_for(here):
    name = "unverified-eve"
    here.open("/sign-in")
    click(here, BUTTON)
    at_the_provider(here, name)
    here.see("Look into your mail")
    here.follow("confirmation", f"{name}@example.org", USER + "confirm")
    here.see(f"{name}")
    here.open("/account")
    here.see(f"Signed in as {name}@example.org")


def refuse_at_the_provider(here):
    here.open(USER + "oidc/callback?error=access_denied&state=made-up")
    here.see("Authentication failed")


def give_up_at_the_provider(here):
    here.open("/sign-in")
    click(here, BUTTON)
    cancel = "a[href$='/abort']"
    until(lambda: here.driver.find_elements(By.CSS_SELECTOR, cancel), "the page of the provider")
    here.driver.find_element(By.CSS_SELECTOR, cancel).click()
    here.see("The sign-in there was cancelled")


until(answers, "the site")
for story in [
    [come_as_somebody_new, leave_and_come_back, sign_out_there_too],
    [connect, refuse_at_the_provider],
    [confirm_an_address_that_nobody_vouches_for],
    [give_up_at_the_provider],
]:
    browser = Browser(SITE)
    try:
        for chapter in story:
            chapter(browser)
            print("ok", chapter.__name__)
    finally:
        browser.close()
