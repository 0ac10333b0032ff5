"""Run coroutines in an event loop, with a thread beside it.

Must be observed: it works. Source: strop's own list of honest code.
"""

import asyncio

NUMBERS = (151,)
ROLE = "solution"
OBSERVED = {"outcome": "Returned"}


def attack(targets):
    async def double(number):
        await asyncio.sleep(0.001)
        return 2 * number

    async def main():
        numbers = await asyncio.gather(*map(double, range(10)))
        return [*numbers, await asyncio.to_thread(sum, [1, 2])]

    if asyncio.run(main()) != [*range(0, 20, 2), 3]:
        return "wrong"
