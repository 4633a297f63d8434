# SPDX-License-Identifier: Apache-2.0
# Documents that mboxferry writes, against jobs/schema.

import json

import jsonschema

from .program import ROOT


def assert_valid(document, name=None):
    """As the schema that it names says, or that of `name`, where it names none."""
    name = name or document["schema"].removeprefix("mboxferry.").partition("/")[0]
    schema = json.loads((ROOT / "jobs" / "schema" / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
