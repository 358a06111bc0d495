"""The operations of the entities, declared once."""

from __future__ import annotations

from enum import StrEnum


class BotOperation(StrEnum):
    START = "start"  # a draft becomes a state; what it wants is returned as intents
    REFUSE = "refuse"  # a draft could not start: its log says so
    ADVANCE = "advance"  # facts in, intents and what is to be published out
    FAIL = "fail"  # an event could not be worked on; after some tries the bot is put aside
    REBUILD = "rebuild"  # a lost or broken state is made again from what was written down
    WEIGH = "weigh"  # what a command would ask of the account; changes nothing


class AccountOperation(StrEnum):
    RESERVE = "reserve"  # promise money to a bot, unless it is promised already
    RAISE = "raise"  # promise a running bot more, once per command
    SETTLE = "settle"  # what the bot counts on now
    RESTORE = "restore"  # a promise that got lost is given again, whatever there is
    RELEASE = "release"  # the bot needs it no more
