"""The post's round: what lies in the container `post` and is due gets somebody who works on it.

On a platform with Service Bus nothing new comes in; what an earlier configuration left there is still carried out.
"""

from __future__ import annotations

import azure.durable_functions as df

from shared import post, watch
from shared.log import log_error
from triggers import notify
from triggers.api.platform import Platform, platform

bp = df.Blueprint()


async def have_post_worked_on(plat: Platform, client: df.DurableOrchestrationClient) -> int:
    """Starts what lies there and is due. Returns how much that is."""
    due = await watch.waiting(plat.store, plat.now_ms())
    for one in due:
        if one["kind"] == "task":
            await post.kick_task(client, one["userId"], one["id"])
        else:
            await post.kick(client, one["userId"], one["botId"])
    return len(due)


@bp.activity_trigger(input_name="asked", activity="do_task")
async def do_task(asked: dict) -> None:
    """One task of the post; one that fails is tried again later."""
    plat = platform()
    task = await post.task_at(plat.store, asked["user_id"], asked["name"], plat.now_ms())
    if task is None:
        return
    is_done = True
    try:
        await notify.carry_out(plat, task["task"])
    except Exception as error:
        log_error("work.failed", error, task=task["id"], tries=task["tries"])
        is_done = False
    await post.task_over(plat.store, asked["user_id"], task, plat.now_ms(), is_done)
