"""The owner's word to make a bot's state again."""

from shared.bot_document import backup_id


async def test_a_running_bot_is_told_to_be_made_again_once_per_key(client, plat, bot):
    plat.store.rows["bots", "ada", bot]["status"] = "active"
    for _ in range(2):
        answer = await client.post(f"/api/v1/bots/{bot}/rebuild", headers={"idempotency-key": "k"})
        assert answer.status_code == 202
    [event] = plat.bus.sent
    assert (event.bot_id, event.body["name"], event.body["params"]) == (bot, "rebuild", {})


def lost(plat, bot):
    plat.store.rows["bots", "ada", bot] |= {"status": "error", "reason": "state_lost", "reason_params": {}, "revision": 7, "lost_after": 6}


async def test_a_lost_bot_says_from_the_answer_on_that_it_is_being_made_again(client, plat, bot):
    lost(plat, bot)
    answer = (await client.post(f"/api/v1/bots/{bot}/rebuild")).json()
    for view in (answer["bot"], (await client.get(f"/api/v1/bots/{bot}")).json()):
        assert (view["status"], view["reason"], view["revision"]) == ("error", "state_lost", 7)
        assert view["reason_params"].keys() == {"rebuilding_since"}


async def test_a_lost_bot_that_was_made_again_meanwhile_stays_what_it_is(client, plat, bot, monkeypatch):
    lost(plat, bot)

    async def at_once(events):
        made = {**plat.store.rows["bots", "ada", bot], "status": "active", "reason": None, "revision": 8}
        await plat.store.upsert("bots", "ada", made)

    monkeypatch.setattr(plat.bus, "send", at_once)
    assert (await client.post(f"/api/v1/bots/{bot}/rebuild")).status_code == 202
    assert (await client.get(f"/api/v1/bots/{bot}")).json()["status"] == "active"


async def test_a_bot_at_rest_has_nothing_to_make_again(client, plat, bot):
    for status in ("draft", "stopped", "finished"):
        plat.store.rows["bots", "ada", bot]["status"] = status
        answer = await client.post(f"/api/v1/bots/{bot}/rebuild")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_possible"), status


async def test_a_deleted_bot_leaves_no_backup_and_a_backup_is_no_bot(client, plat, bot):
    plat.store._put("bots", "ada", {"id": backup_id(bot), "kind": "backup", "botId": bot, "sort": backup_id(bot)})
    assert len((await client.get("/api/v1/bots")).json()["items"]) == 1
    assert (await client.get(f"/api/v1/bots/{backup_id(bot)}")).status_code in (404, 422)
    assert (await client.delete(f"/api/v1/bots/{bot}")).status_code == 204
    assert not [row for row in plat.store.of("bots") if row["id"] == backup_id(bot)]
