"""The life of an account on the demo, seen from two browsers."""

import re
import sys
import urllib.error
import urllib.request

from browser import Browser, until

SITE = sys.argv[1]
USER = "/auth/user/"
BOB = "bob@example.com"
PASSWORD = "a quiet walrus in the attic"


def answers():
    try:
        return urllib.request.urlopen(SITE + "/healthz").status == 200
    except OSError:
        return False


def status_of_key(key):
    request = urllib.request.Request(SITE + "/api/whoami", headers={"x-api-key": key})
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        return error.code


def register(here):
    here.open("/register")
    here.submit(USER + "password/register", email=BOB, password="short", password_confirmation="short")
    here.see("must have at least 15 characters")
    here.submit(USER + "password/register", email=BOB, password=PASSWORD, password_confirmation=PASSWORD)
    here.see("Look into your mail")
    here.follow("confirmation", BOB, USER + "confirm")
    here.see(f"You are signed in as {BOB}")


def be_remembered(here):
    here.submit(USER + "sign_out")
    here.see("make an account")
    here.open("/account")
    here.see("Forgot your password?")
    here.submit(USER + "password/sign_in", email=BOB, password="wrong")
    here.see("Authentication failed")
    here.submit(USER + "password/sign_in", email=BOB, password=PASSWORD, remember_me=True)
    here.see(f"You are signed in as {BOB}")
    here.lose_cookie("user_session")
    here.open("/account")
    here.see(f"Signed in as {BOB}")


def use_a_key(here):
    here.submit(USER + "api_key/create", name="robot")
    here.see("This is shown once")
    key = re.search(r"demo_\w+_\w+", here.text()).group()
    assert status_of_key(key) == 200
    here.open("/account")
    here.submit(USER + "api_key/revoke")
    here.see("revoke_api_key: success")
    assert status_of_key(key) == 401


def sign_in_by_link(there):
    there.open("/sign-in")
    there.submit(USER + "magic_link/request", email=BOB)
    there.see("Look into your mail")
    there.follow("magic_link", BOB, USER + "magic_link")
    there.see(f"You are signed in as {BOB}")
    there.follow("magic_link", BOB, USER + "magic_link")
    there.see("That did not work")


def end_sessions(here, there):
    here.open("/account")
    here.submit(USER + "sessions/end_others")
    here.see("end_other_sessions: success")
    there.open("/account")
    there.see("Forgot your password?")


def reset(there):
    there.open("/forgot")
    there.submit(USER + "password/reset_request", email=BOB)
    there.see("Look into your mail")
    new = {"password": PASSWORD[::-1], "password_confirmation": PASSWORD[::-1]}
    there.follow("password_reset", BOB, USER + "password/reset", **new)
    there.see(f"You are signed in as {BOB}")


def move(here, there):
    here.open("/account")
    here.see("Forgot your password?")
    there.open("/account")
    there.submit(USER + "confirm/change", email="bob@example.org")
    there.see("Look into your mail")
    there.follow("confirmation_change", "bob@example.org", USER + "confirm")
    there.see("The address is confirmed")
    there.open("/account")
    there.see("Signed in as bob@example.org")
    there.submit(USER + "log_out_everywhere")
    there.see("Forgot your password?")


def look_after(here):
    here.open("/admin")
    here.submit("/auth/admin/magic_link/request", email="admin@example.com")
    here.see("Look into your mail")
    here.follow("magic_link", "admin@example.com", "/auth/admin/magic_link")
    here.see("sign_in_with_password: wrong_password")


until(answers, "the site")
here, there = Browser(SITE), Browser(SITE)
try:
    register(here)
    be_remembered(here)
    use_a_key(here)
    sign_in_by_link(there)
    end_sessions(here, there)
    reset(there)
    move(here, there)
    look_after(here)
finally:
    here.close()
    there.close()
print("the demo works in a browser")
