"""Registers every action with django-rules. Imported when the app is ready."""

import rules

from identity.rights import allowed
from identity.roles import ALLOWED

for _action in ALLOWED:
    rules.add_perm(_action, allowed(_action))
