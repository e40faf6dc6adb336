"""One test in one go, by the id of the answer."""

MILK = {"title": "Milk", "content": "Two litres"}


async def register(client, email):
    response = await client.post("/auth/register", json={"email": email, "password": "correct horse"})
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


async def test_two_users(client):
    ana, ben = await register(client, "ana@example.com"), await register(client, "ben@example.com")
    note_id = (await client.post("/notes", json=MILK, headers=ana)).json()["id"]
    for method, body in (("GET", None), ("PATCH", {"content": ""}), ("DELETE", None)):
        answer = await client.request(method, f"/notes/{note_id}", json=body, headers=ben)
        assert answer.status_code == 404
    assert (await client.get("/notes", headers=ben)).json() == []
    assert [note["content"] for note in (await client.get("/notes", headers=ana)).json()] == ["Two litres"]
