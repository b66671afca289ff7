"""What is done with the cases that schemathesis makes of a document."""

import itertools
import json
import os
import re
import zlib

import schemathesis

# What is there, by the name of the parameter that asks for it. Each second case
# gets one of these values instead of its own: by a sum of that, so that a case
# is the same when it is run again.
KNOWN = json.loads(os.environ["FUZZ_KNOWN"])

strangers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Comes from another address each time: those who have no key share what an address is allowed."""
    a, b = divmod(next(strangers) % 65536, 256)
    case.headers["X-Forwarded-For"] = f"203.0.{a}.{b}"


# What a value of such a parameter looks like. One that does not is there to be
# refused, and stays.
VALID = re.compile(r"(rpt_)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[1-9][0-9]*", re.I)


def valid(name, value):
    return isinstance(value, str) if name == "key" else VALID.fullmatch(str(value)) is not None


def known(parameters):
    for name, values in KNOWN.items():
        if parameters and name in parameters and valid(name, parameters[name]):
            which = zlib.crc32(repr(parameters[name]).encode()) >> 8
            if which % 2:
                parameters[name] = values[which // 2 % len(values)]
    return parameters


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    return known(path_parameters)


@schemathesis.hook
def map_query(context, query):
    return known(query)
