"""The one app object. It registers blueprints and does nothing else."""

import azure.durable_functions as df
import azure.functions as func

from entities import account, bot
from orchestrators import activities, bot_aside, bot_tick, quiet_round, research, research_activities
from triggers import bot_events, dead_letters, guard_watch, health, heartbeat, hooks, market_watch, negotiate, notify, ready, twin_watch
from triggers.api import areas

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for module in (
    account,
    bot,
    activities,
    bot_aside,
    bot_tick,
    quiet_round,
    research,
    research_activities,
    bot_events,
    dead_letters,
    guard_watch,
    health,
    heartbeat,
    hooks,
    market_watch,
    negotiate,
    notify,
    ready,
    twin_watch,
    areas,
):
    app.register_functions(module.bp)
