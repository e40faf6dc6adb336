// A reader who becomes an author (06), with openapi-fetch and the types of openapi-typescript.

import { strict as assert } from "node:assert";
import createClient from "openapi-fetch";
import { bodyOf, refused } from "./answers.js";
import type { paths } from "./schema.js";

const WRONG_PASSWORDS_MAX = 10;
const api = createClient<paths>({ baseUrl: process.argv[2]! });
const account = { email: process.argv[3]!, password: "correct horse battery" };
const logIn = (password: string) =>
  api.POST("/auth/login", {
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: { username: account.email, password },
    bodySerializer: (form) => new URLSearchParams(form),
  });
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

bodyOf(await api.POST("/auth/register", { body: account }), 201);
refused(await api.POST("/auth/register", { body: account }), 409);
refused(await api.POST("/auth/register", { body: { ...account, email: "no e-mail" } }), 422);
refused(await api.POST("/posts", { body: { title: "A walk", body: "It rained." } }), 401);
const ana = bearer(bodyOf(await logIn(account.password), 200).access_token);
const other = { ...account, email: `bob.${account.email}` };
const bob = bearer(bodyOf(await api.POST("/auth/register", { body: other }), 201).access_token);

const first = bodyOf(await api.POST("/posts", { headers: ana, body: { title: "A walk", body: "It rained." } }), 201);
const second = bodyOf(await api.POST("/posts", { headers: ana, body: { title: "A swim", body: "Cold." } }), 201);
const newest = bodyOf(await api.GET("/posts", { params: { query: { limit: 1 } } }), 200);
assert.deepEqual(newest.items.map((each) => each.id), [second.id]);
const query = { limit: 1, cursor: newest.next_cursor };
const older = bodyOf(await api.GET("/posts", { params: { query } }), 200);
assert.deepEqual(older.items.map((each) => each.id), [first.id]);

const params = { path: { post_id: first.id } };
refused(await api.PATCH("/posts/{post_id}", { headers: bob, params, body: { title: "Mine" } }), 403);
const changed = bodyOf(await api.PATCH("/posts/{post_id}", { headers: ana, params, body: { title: "A hike" } }), 200);
assert.deepEqual([changed.title, changed.body, changed.author], ["A hike", "It rained.", first.author]);
const said = bodyOf(await api.POST("/posts/{post_id}/comments", { headers: bob, params, body: { body: "Yes." } }), 201);
assert.deepEqual(bodyOf(await api.GET("/posts/{post_id}/comments", { params }), 200).items, [said]);
assert.equal((await api.DELETE("/posts/{post_id}", { headers: ana, params })).response.status, 204);
refused(await api.GET("/posts/{post_id}", { params }), 404);

const me = bodyOf(await api.PATCH("/users/me", { headers: ana, body: { display_name: "Ana B." } }), 200);
assert.deepEqual([me.display_name, me.email], ["Ana B.", account.email]);

for (let wrong = 0; wrong < WRONG_PASSWORDS_MAX; wrong++) refused(await logIn("wrong"), 400);
refused(await logIn(account.password), 429);
