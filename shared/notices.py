"""What a user is told: changes of their bots as notices, the quiet hours, the words and the wire form of a message.

Rules
1. A notice is the difference between what was told last and the bots' documents now: several fills in between are one notice.
2. During quiet hours nothing is told and nothing is forgotten: what changed comes afterwards, in one message (shared/notice_plan.py).
3. A message carries no balance, no key and no id of an account. It is signed where its reader can check that (`signature`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.clock import iso

LONGEST = 1_900  # characters: Discord takes 2,000
MOST_LINES = 20
RUNNING = ("waiting", "starting", "active")
WORDS = {
    "started": "started",
    "stopped": "stopped",
    "error": "needs you",
    "fill": "filled",
    "deal_closed": "closed a deal",
    "guard_tripped": "guard tripped",
    "alert_silent": "no alert came",
    "key_invalid": "key no longer works",
    "backtest_finished": "backtest finished",
    "parity_report": "weekly parity report",
    "parity_drift": "drifts from its paper twin",
    "test": "test message",
}
SEVERITIES = ("info", "warning", "critical")
_SEVERITY = {"error": 2, "guard_tripped": 2, "key_invalid": 2, "stopped": 1, "alert_silent": 1, "parity_drift": 1}

Doc = dict[str, Any]


class Notice(NamedTuple):
    occasion: str
    bot_id: str
    name: str
    symbol: str
    params: dict[str, str]


def state_of(bot: Doc) -> list[Any]:
    """What of a bot is compared: status, fills, deals."""
    return [bot["status"], int(bot.get("fills") or 0), int(bot.get("deals") or 0)]


def changes(told: dict[str, list[Any]], bots: list[Doc], is_first: bool = True) -> list[Notice]:
    """What happened since. On the first look a bot tells only what needs its owner: its past is no news. A bot that is new is, whole."""
    found = []
    for bot in bots:
        status, fills, deals = state_of(bot)
        unseen = [status if status != "error" else "", fills, deals] if is_first else ["draft", 0, 0]
        before = told.get(bot["id"], unseen)
        notice = _maker(bot)
        if status != before[0] and (occasion := occasion_of(status, str(before[0]), bot)) is not None:
            found.append(notice(occasion, {"reason": str(bot.get("reason") or "")}))
        if fills > before[1]:
            found.append(notice("fill", {"count": str(fills - before[1])} | _total(bot)))
        if deals > before[2]:
            found.append(notice("deal_closed", {"count": str(deals - before[2])} | _total(bot)))
    return found


def occasion_of(status: str, before: str, bot: Doc) -> str | None:
    if status == "error":
        return "key_invalid" if bot.get("reason") == "key_invalid" else "error"
    if status in ("stopped", "finished"):
        return "stopped"
    return "started" if status in RUNNING and before not in (*RUNNING, "paused", "") else None


def severity_of(occasion: str) -> int:
    """How much it presses: the place in SEVERITIES."""
    return _SEVERITY.get(occasion, 0)


def is_wanted(channel: Doc, notice: Notice) -> bool:
    least = SEVERITIES.index(channel.get("min_severity", "info"))
    return notice.occasion in channel["occasions"] and severity_of(notice.occasion) >= least


def _maker(bot: Doc) -> Any:
    return lambda occasion, params: Notice(occasion, bot["id"], bot["name"], bot["symbol"], params)


def _total(bot: Doc) -> dict[str, str]:
    pnl = bot.get("pnl") or {}
    return {"total": str(pnl["total"]), "currency": str(pnl["currency"])} if pnl else {}


def zone_of(settings: Doc) -> Any:
    """The user's own zone; UTC for a name nobody knows."""
    try:
        return ZoneInfo(settings.get("time_zone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def is_quiet(settings: Doc, now_ms: int) -> bool:
    """Whether the user wants silence now; an interval may cross midnight."""
    begin, end = settings.get("quiet_from"), settings.get("quiet_until")
    if not begin or not end or begin == end:
        return False
    zone = zone_of(settings)
    now = datetime.fromtimestamp(now_ms / 1000, zone).strftime("%H:%M")
    return bool(begin <= now < end) if begin < end else bool(now >= begin or now < end)


def text_of(notices: list[Notice]) -> str:
    """Lines for people, cut to what every channel takes."""
    lines = []
    for one in notices[:MOST_LINES]:
        count = one.params.get("count", "1")
        times = f" x{count}" if count != "1" else ""
        total = f", total {one.params['total']} {one.params['currency']}" if one.params.get("total") else ""
        reason = f" ({one.params['reason']})" if one.params.get("reason") else ""
        lines.append(f"{' '.join(filter(None, (one.name, one.symbol)))}: {WORDS[one.occasion]}{times}{reason}{total}")
    if len(notices) > MOST_LINES:
        lines.append(f"... and {len(notices) - MOST_LINES} more")
    return "\n".join(lines)[:LONGEST]


def body_of(url: str, notices: list[Notice], message_id: str, at: int) -> bytes:
    """The request body: as Telegram and Discord take it, else our own JSON."""
    host = urlsplit(url).hostname or ""
    if host == "api.telegram.org":
        chat = parse_qs(urlsplit(url).query).get("chat_id", [""])[0]
        return json.dumps({"chat_id": chat, "text": text_of(notices)}).encode()
    if host in ("discord.com", "discordapp.com"):
        return json.dumps({"content": text_of(notices), "allowed_mentions": {"parse": []}}).encode()
    events = [
        {
            "occasion": n.occasion,
            "severity": SEVERITIES[severity_of(n.occasion)],
            "bot_id": n.bot_id,
            "name": n.name,
            "symbol": n.symbol,
            "params": n.params,
        }
        for n in notices
    ]
    return json.dumps({"id": message_id, "at": iso(at), "text": text_of(notices), "events": events}).encode()


def signature(key: str, at: int, body: bytes) -> str:
    """`t=<seconds>,v1=<hex>` over "<seconds>.<body>": a reader refuses old ones and checks the rest with the shared key."""
    seconds = str(at // 1000)
    return f"t={seconds},v1={hmac.new(key.encode(), seconds.encode() + b'.' + body, hashlib.sha256).hexdigest()}"
