// A user of 05a's products, with openapi-fetch and the types of openapi-typescript.

import { strict as assert } from "node:assert";
import createClient from "openapi-fetch";
import { bodyOf, refused } from "./answers.js";
import type { paths } from "./schema.js";

const api = createClient<paths>({ baseUrl: process.argv[2]! });
const body = { name: "Lamp", price: "9.99", quantity: 3 };

const lamp = bodyOf(await api.POST("/products", { body }), 201);
refused(await api.POST("/products", { body }), 409);
refused(await api.POST("/products", { body: { ...body, name: "Chair", price: "-1" } }), 422);
const listed = bodyOf(await api.GET("/products", { params: { query: { limit: 100 } } }), 200);
assert(listed.some((each) => each.id === lamp.id));

const params = { path: { product_id: lamp.id } };
const changed = bodyOf(await api.PATCH("/products/{product_id}", { params, body: { name: "Desk lamp" } }), 200);
assert.deepEqual(changed, { ...lamp, name: "Desk lamp" });
assert.equal((await api.DELETE("/products/{product_id}", { params })).response.status, 204);
refused(await api.GET("/products/{product_id}", { params }), 404);
