"""How many tickets the rules send to the right desk, and some that they do not: a score and side information, as GEPA takes them."""

import configparser
import random

SUBJECTS = {
    "billing": [
        "my invoice is wrong",
        "charged twice this month",
        "refund for the last bill",
        "the payment was declined",
        "price of the plan",
    ],
    "outage": [
        "the site is down",
        "error 502 since noon",
        "cannot reach the server",
        "everything times out",
        "the api is slow",
    ],
    "account": [
        "forgot my password",
        "cannot log in",
        "delete my account",
        "change my email address",
        "two factor code is lost",
    ],
    "other": [
        "do you ship to Norway",
        "great work thank you",
        "feature request for the app",
        "who is your press contact",
    ],
}
ENDS = ["", " please help", " again", " since this morning", " can you look at it", " it is urgent", " thank you"]


def evaluate(program_path, seed=0):
    rules = configparser.ConfigParser()
    rules.read(program_path)
    draw = random.Random(seed)
    right, missed = 0, {}
    for _ in range(200):
        desk = draw.choice(list(SUBJECTS))
        subject = draw.choice(SUBJECTS[desk]) + draw.choice(ENDS)
        sent = next(
            (name for name in rules.sections() if any(w in subject for w in rules[name]["words"].split())), "other"
        )
        right += sent == desk
        if sent != desk:
            missed[subject] = f"{subject!r} went to {sent}, not to {desk}"
    return right / 200, {"missed": sorted(missed.values())[:8]}
