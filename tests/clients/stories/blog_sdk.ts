// A reader who becomes an author (06), with the functions that hey-api makes.

import { strict as assert } from "node:assert";
import { bodyOf, refused } from "./answers.js";
import { client } from "./sdk/client.gen.js";
import {
  changeMe, changePost, createComment, createPost, deletePost, listComments, listPosts, login, readPost, register,
} from "./sdk/index.js";

const WRONG_PASSWORDS_MAX = 10;
client.setConfig({ baseUrl: process.argv[2]! });
const account = { email: process.argv[3]!, password: "correct horse battery" };
const logIn = (password: string) => login({ body: { username: account.email, password } });

bodyOf(await register({ body: account }), 201);
refused(await register({ body: account }), 409);
refused(await register({ body: { ...account, email: "no e-mail" } }), 422);
refused(await createPost({ body: { title: "A walk", body: "It rained." } }), 401);
const ana = { auth: bodyOf(await logIn(account.password), 200).access_token };
const bob = { auth: bodyOf(await register({ body: { ...account, email: `bob.${account.email}` } }), 201).access_token };

const first = bodyOf(await createPost({ ...ana, body: { title: "A walk", body: "It rained." } }), 201);
const second = bodyOf(await createPost({ ...ana, body: { title: "A swim", body: "Cold." } }), 201);
const newest = bodyOf(await listPosts({ query: { limit: 1 } }), 200);
assert.deepEqual(newest.items.map((each) => each.id), [second.id]);
const older = bodyOf(await listPosts({ query: { limit: 1, cursor: newest.next_cursor } }), 200);
assert.deepEqual(older.items.map((each) => each.id), [first.id]);

const path = { post_id: first.id };
refused(await changePost({ ...bob, path, body: { title: "Mine" } }), 403);
const changed = bodyOf(await changePost({ ...ana, path, body: { title: "A hike" } }), 200);
assert.deepEqual([changed.title, changed.body, changed.author], ["A hike", "It rained.", first.author]);
const said = bodyOf(await createComment({ ...bob, path, body: { body: "Yes." } }), 201);
assert.deepEqual(bodyOf(await listComments({ path }), 200).items, [said]);
assert.equal((await deletePost({ ...ana, path })).response?.status, 204);
refused(await readPost({ path }), 404);

const me = bodyOf(await changeMe({ ...ana, body: { display_name: "Ana B." } }), 200);
assert.deepEqual([me.display_name, me.email], ["Ana B.", account.email]);

for (let wrong = 0; wrong < WRONG_PASSWORDS_MAX; wrong++) refused(await logIn("wrong"), 400);
refused(await logIn(account.password), 429);
