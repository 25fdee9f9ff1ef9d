"""Every sample, in the order of the README."""

from samples.situations import outbound, services, traversal

SITUATIONS = (*outbound.SITUATIONS, *traversal.SITUATIONS, *services.SITUATIONS)
