"""Nobody tries to change another user's note."""

MILK = {"title": "Milk", "content": "Two litres"}


async def register(client, email):
    response = await client.post("/auth/register", json={"email": email, "password": "correct horse"})
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


async def test_two_users(client):
    ana, ben = await register(client, "ana@example.com"), await register(client, "ben@example.com")
    place = (await client.post("/notes", json=MILK, headers=ana)).headers["Location"]
    assert (await client.get(place, headers=ben)).status_code == 404
    assert (await client.delete(place, headers=ben)).status_code == 404
    assert (await client.get(place, headers=ana)).status_code == 200
    assert (await client.get("/notes", headers=ben)).json() == []
