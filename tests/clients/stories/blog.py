"""A reader who becomes an author (06), with the client that openapi-python-client makes."""

import sys

from answers import body_of
from client import AuthenticatedClient, Client
from client.api.auth import login, register
from client.api.comments import create_comment, list_comments
from client.api.posts import change_post, create_post, delete_post, list_posts, read_post
from client.api.users import change_me, read_me
from client.models import (
    CommentCreate,
    CommentRead,
    ErrorBody,
    InvalidInput,
    LoginForm,
    Me,
    PageOfCommentRead,
    PageOfPostItem,
    PostCreate,
    PostPatch,
    PostRead,
    Token,
    UserCreate,
    UserPatch,
)

EMAIL, PASSWORD = sys.argv[2], "correct horse battery"
WRONG_PASSWORDS_MAX = 10

url = sys.argv[1]
nobody = Client(base_url=url)

body_of(register.sync_detailed(client=nobody, body=UserCreate(EMAIL, PASSWORD)), 201, Token)
body_of(register.sync_detailed(client=nobody, body=UserCreate(EMAIL, PASSWORD)), 409, ErrorBody)
body_of(register.sync_detailed(client=nobody, body=UserCreate("no e-mail", PASSWORD)), 422, InvalidInput)
token = body_of(login.sync_detailed(client=nobody, body=LoginForm(EMAIL, PASSWORD)), 200, Token)
others = body_of(register.sync_detailed(client=nobody, body=UserCreate(f"bob.{EMAIL}", PASSWORD)), 201, Token)
ana = AuthenticatedClient(base_url=url, token=token.access_token)
bob = AuthenticatedClient(base_url=url, token=others.access_token)
stranger = AuthenticatedClient(base_url=url, token="no token")

body_of(create_post.sync_detailed(client=stranger, body=PostCreate("A walk", "It rained.")), 401, ErrorBody)
first = body_of(create_post.sync_detailed(client=ana, body=PostCreate("A walk", "It rained.")), 201, PostRead)
second = body_of(create_post.sync_detailed(client=ana, body=PostCreate("A swim", "It was cold.")), 201, PostRead)
newest = body_of(list_posts.sync_detailed(client=nobody, limit=1), 200, PageOfPostItem)
assert [each.id for each in newest.items] == [second.id]
assert newest.next_cursor
older = body_of(list_posts.sync_detailed(client=nobody, limit=1, cursor=newest.next_cursor), 200, PageOfPostItem)
assert [each.id for each in older.items] == [first.id]

body_of(change_post.sync_detailed(first.id, client=bob, body=PostPatch(title="Mine")), 403, ErrorBody)
changed = body_of(change_post.sync_detailed(first.id, client=ana, body=PostPatch(title="A long walk")), 200, PostRead)
assert (changed.title, changed.body, changed.author) == ("A long walk", "It rained.", first.author)
said = body_of(create_comment.sync_detailed(first.id, client=bob, body=CommentCreate("Well said.")), 201, CommentRead)
thread = body_of(list_comments.sync_detailed(first.id, client=nobody), 200, PageOfCommentRead)
assert thread.items == [said]
assert delete_post.sync_detailed(first.id, client=ana).status_code == 204
body_of(read_post.sync_detailed(first.id, client=nobody), 404, ErrorBody)

me = body_of(change_me.sync_detailed(client=ana, body=UserPatch(display_name="Ana B.")), 200, Me)
assert (me.display_name, me.email) == ("Ana B.", EMAIL)
assert body_of(read_me.sync_detailed(client=ana), 200, Me) == me

for _ in range(WRONG_PASSWORDS_MAX):
    body_of(login.sync_detailed(client=nobody, body=LoginForm(EMAIL, "wrong")), 400, ErrorBody)
body_of(login.sync_detailed(client=nobody, body=LoginForm(EMAIL, PASSWORD)), 429, ErrorBody)
