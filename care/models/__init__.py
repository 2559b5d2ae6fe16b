"""Every table of the room, a noun a module."""

from care.models.adjustments import Adjustment
from care.models.cases import Case, CaseEvent, CaseFile, ReceiptClaim
from care.models.opinions import Opinion

__all__ = ["Adjustment", "Case", "CaseEvent", "CaseFile", "Opinion", "ReceiptClaim"]
