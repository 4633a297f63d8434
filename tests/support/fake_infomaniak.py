# SPDX-License-Identifier: Apache-2.0
# A stand-in for the part of Infomaniak's API that holds sender lists, with answers in the shapes
# that programs for it have recorded. No live service was ever asked.

import json
import re
import urllib.parse

from .https_server import Answer, HttpsServer

PATH = re.compile(r"/1/mail_hostings/(\d+)/mailboxes(?:/([^/]+))?$")
TOKEN = "tok-3b1f"
FIELDS = ("authorized_senders", "blocked_senders", "has_move_spam")


def success(data, **more):
    return Answer(200, json.dumps({"result": "success", "data": data, **more}))


def error(status, code, description, **more):
    return Answer(status, json.dumps({"result": "error", "error": {
        "code": code, "description": description, **more}}))


class FakeInfomaniak(HttpsServer):
    """`mailboxes`: {name: (allowed, blocked)}. `odd`: {(method, mailbox or None, number of that request
    from 1): Answer, or function(service, asked) that may change the lists and returns an Answer or
    None for the usual one}. objects: entries are told as {"email": ...}. filters: has_move_spam.
    take: what the service makes of a list that it is given. per_page: it gives no more."""

    def __init__(self, mailboxes, *, odd=None, objects=False, filters=True, take=list, per_page=100,
                 **options):
        super().__init__(otherwise=self.answer, **options)
        self.lists = {name: [list(allowed), list(blocked)]
                      for name, (allowed, blocked) in mailboxes.items()}
        self.odd, self.objects, self.filters = dict(odd or {}), objects, filters
        self.take, self.per_page = take, per_page
        self.counts = {}

    def written(self):
        return [(asked.path.rpartition("/")[2], json.loads(asked.body)) for asked in self.asked
                if asked.method == "PATCH"]

    def answer(self, asked):
        url = urllib.parse.urlsplit(asked.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        found = PATH.match(url.path)
        if not found or found[1] != "77":
            return error(404, "object_not_found", "Object not found")
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, "not_authorized", "Authorization required")
        name = found[2] and urllib.parse.unquote(found[2])
        key = (asked.method, name)
        self.counts[key] = self.counts.get(key, 0) + 1
        odd = self.odd.get((*key, self.counts[key])) or self.odd.get((*key, None))
        if callable(odd):
            odd = odd(self, asked)
        if odd:
            return odd
        if name is None:
            return self.page(int(query["page"]), int(query["per_page"]))
        if name not in self.lists:
            return error(404, "object_not_found", "Object not found")
        if asked.method == "PATCH":
            given = json.loads(asked.body)
            self.lists[name] = [self.take(given["authorized_senders"]),
                                self.take(given["blocked_senders"])]
            return success(True)
        return success(self.data(name, query.get("with", "").split(",")))

    def data(self, name, wanted=FIELDS):
        def told(entries):
            return [{"email": one} for one in entries] if self.objects else entries
        allowed, blocked = self.lists[name]
        # Without `with` a list is told as empty, and the switch is left out.
        data = {"mailbox_name": name, "authorized_senders": [], "blocked_senders": []}
        values = (told(allowed), told(blocked), self.filters)
        return data | {field: value for field, value in zip(FIELDS, values) if field in wanted}

    def page(self, number, per_page):
        per_page = min(per_page, self.per_page)
        names = list(self.lists)
        return success([{"mailbox_name": one, "mail": one + "@example.org"}
                        for one in names[(number - 1) * per_page:number * per_page]],
                       page=number, pages=-(-len(names) // per_page), total=len(names),
                       items_per_page=per_page)
