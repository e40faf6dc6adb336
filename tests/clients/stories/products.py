"""A user of 05a's products, with the client that openapi-python-client makes."""

import sys

from answers import body_of
from client import Client
from client.api.products import change_product, create_product, delete_product, list_products, read_product
from client.models import ErrorBody, InvalidInput, ProductCreate, ProductPatch, ProductRead

shop = Client(base_url=sys.argv[1])

lamp = body_of(create_product.sync_detailed(client=shop, body=ProductCreate("Lamp", "9.99", 3)), 201, ProductRead)
body_of(create_product.sync_detailed(client=shop, body=ProductCreate("Lamp", "9.99", 3)), 409, ErrorBody)
body_of(create_product.sync_detailed(client=shop, body=ProductCreate("Chair", "-1", 3)), 422, InvalidInput)
assert lamp in body_of(list_products.sync_detailed(client=shop, limit=100), 200, list)

patch = ProductPatch(name="Desk lamp")
changed = body_of(change_product.sync_detailed(lamp.id, client=shop, body=patch), 200, ProductRead)
assert (changed.name, changed.price, changed.quantity) == ("Desk lamp", "9.99", 3)
assert delete_product.sync_detailed(lamp.id, client=shop).status_code == 204
body_of(read_product.sync_detailed(lamp.id, client=shop), 404, ErrorBody)
