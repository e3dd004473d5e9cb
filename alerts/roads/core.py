"""The part of a street network in which every place can be reached from every other."""

from __future__ import annotations

from collections.abc import Sequence


def largest_core(ways: Sequence[Sequence[int]]) -> list[int]:
    """The largest strongly connected part, rising; of equals, the one that is found first.

    `ways[n]` are the nodes that n leads to. What a map's edge cut off is a trap: a one-way street
    with no way on. Tarjan (1972), without recursion.
    """
    order: dict[int, int] = {}
    low = [0] * len(ways)
    on_stack = [False] * len(ways)
    stack: list[int] = []
    best: list[int] = []
    for root in range(len(ways)):
        if root in order:
            continue
        path = [(root, 0)]
        while path:
            node, next_way = path.pop()
            if next_way == 0:
                order[node] = low[node] = len(order)
                stack.append(node)
                on_stack[node] = True
            step = _step(node, next_way, ways, order, low, on_stack)
            if step < len(ways[node]):
                path += [(node, step + 1), (ways[node][step], 0)]
                continue
            if low[node] == order[node]:
                best = max(best, _cut(stack, node, on_stack), key=len)
            if path:
                above = path[-1][0]
                low[above] = min(low[above], low[node])
    return sorted(best)


def _step(
    node: int,
    start: int,
    ways: Sequence[Sequence[int]],
    order: dict[int, int],
    low: list[int],
    on_stack: list[bool],
) -> int:
    """The first way from `start` on that leads to a node not seen yet; their number: none."""
    out = ways[node]
    for index in range(start, len(out)):
        other = out[index]
        if other not in order:
            return index
        if on_stack[other]:
            low[node] = min(low[node], order[other])
    return len(out)


def _cut(stack: list[int], last: int, on_stack: list[bool]) -> list[int]:
    """Take a finished part off the stack."""
    part: list[int] = []
    while not part or part[-1] != last:
        part.append(stack.pop())
        on_stack[part[-1]] = False
    return part
