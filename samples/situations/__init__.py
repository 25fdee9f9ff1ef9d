"""Every sample, in the order of the README."""

from samples.situations import outbound, services, traversal, trust

SITUATIONS = (*outbound.SITUATIONS, *traversal.SITUATIONS, *services.SITUATIONS, *trust.SITUATIONS)
