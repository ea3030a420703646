"""All that a bot loads, now or when it needs it first, for the process that forks: imported there alone."""

import functools
import gc
import ssl
from importlib import import_module

import httpx

_MODULES = (
    "anyio._backends._asyncio",
    "bot.cli.main",
    "bot.cli.serve.command",
    "bot.slack.app",
    "certifi",
    "encodings.idna",
    "h11",
    "httpcore",
    "phonenumbers.data.region_US",
    "tests.forked.process",
    "uvicorn.lifespan.off",
)

for _module in _MODULES:
    import_module(_module)
# Each client would read what the machine trusts, for 30 ms, and none here speaks TLS.
ssl.create_default_context = functools.cache(ssl.create_default_context)  # type: ignore[assignment]  # As it was.
httpx.create_ssl_context()
# A child that walks what its parent loaded would have all of it copied.
gc.collect()
gc.freeze()
