// A user of 05a's products, with the functions that hey-api makes.

import { strict as assert } from "node:assert";
import { bodyOf, refused } from "./answers.js";
import { client } from "./sdk/client.gen.js";
import { changeProduct, createProduct, deleteProduct, listProducts, readProduct } from "./sdk/index.js";

client.setConfig({ baseUrl: process.argv[2]! });
const body = { name: "Lamp", price: "9.99", quantity: 3 };

const lamp = bodyOf(await createProduct({ body }), 201);
refused(await createProduct({ body }), 409);
refused(await createProduct({ body: { ...body, name: "Chair", price: "-1" } }), 422);
const listed = bodyOf(await listProducts({ query: { limit: 100 } }), 200);
assert(listed.some((each) => each.id === lamp.id));

const path = { product_id: lamp.id };
const changed = bodyOf(await changeProduct({ path, body: { name: "Desk lamp" } }), 200);
assert.deepEqual(changed, { ...lamp, name: "Desk lamp" });
assert.equal((await deleteProduct({ path })).response?.status, 204);
refused(await readProduct({ path }), 404);
