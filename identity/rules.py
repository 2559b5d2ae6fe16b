"""Registers every action with django-rules, which looks for this module."""

import rules

from identity.rights import allowed
from identity.roles import ALLOWED

for _action in ALLOWED:
    rules.add_perm(_action, allowed(_action))
