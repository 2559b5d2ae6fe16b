"""Every table of the room, a noun a module."""

from care.models.adjustments import Adjustment
from care.models.cases import Case, CaseEvent, CaseFile, ReceiptClaim
from care.models.opinions import Opinion
from care.models.privacy import Archive, Erasure

__all__ = ["Adjustment", "Archive", "Case", "CaseEvent", "CaseFile", "Erasure", "Opinion", "ReceiptClaim"]
