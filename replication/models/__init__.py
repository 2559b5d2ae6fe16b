"""Every table of the room, a noun a module."""

from replication.models.conflicts import Conflict
from replication.models.facts import Fact
from replication.models.identities import Identity, ReplicatedLot
from replication.models.runs import Chunk, Line, Run
from replication.models.systems import System

__all__ = ["Chunk", "Conflict", "Fact", "Identity", "Line", "ReplicatedLot", "Run", "System"]
