"""The one app object. It registers blueprints and does nothing else; which ones, depends on whether there is a Service Bus."""

import azure.durable_functions as df
import azure.functions as func

from entities import account, bot
from orchestrators import activities, bot_aside, bot_tick, inbox, quiet_round, research, research_activities
from shared.settings import has_service_bus
from triggers import (
    bot_events,
    clock,
    dead_letters,
    guard_watch,
    health,
    heartbeat,
    hooks,
    market_watch,
    negotiate,
    notify,
    post_round,
    ready,
    twin_watch,
)
from triggers.api import areas

ALWAYS = (
    account,
    bot,
    activities,
    bot_aside,
    bot_tick,
    inbox,
    quiet_round,
    research,
    research_activities,
    health,
    hooks,
    negotiate,
    post_round,
    ready,
    areas,
)
WITH_SERVICE_BUS = (bot_events, dead_letters, guard_watch, heartbeat, market_watch, notify, twin_watch)
WITHOUT = (clock,)

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for module in (*ALWAYS, *(WITH_SERVICE_BUS if has_service_bus() else WITHOUT)):
    app.register_functions(module.bp)
