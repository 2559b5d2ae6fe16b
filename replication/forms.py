"""The admin's form of a system: who masters what as one choice per field, its mapping as YAML."""

from __future__ import annotations

import json
from typing import Any

import yaml
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from adminsite.fields import RowForm
from members.mastering import FIELDS
from replication import ownership
from replication.models import System
from replication.refusals import Unreadable

_BY = [("", _("as usual")), ("theirs", _("they")), ("ours", _("we"))]
_BOTH = [*_BY, ("shared", _("both"))]
LABELS = {
    "first_name": _("first name"), "last_name": _("last name"), "email": _("e-mail"), "phone": _("phone"),
    "birth_date": _("date of birth"), "language": _("language"), "address": _("address"), "store": _("favourite store"),
    "cards": _("cards"), "status": _("whether the membership is open"), "tier": _("step"),
}  # fmt: skip


class SystemForm(RowForm):
    written_mapping = forms.CharField(
        label=_("mapping"), required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 12}),
        help_text=_("How its files are written, in YAML; empty: by our own names"),
    )  # fmt: skip

    class Meta:
        model = System
        fields = ["names", "conflicts", "deletions", "missing", "missing_most_percent", "active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FIELDS:
            choices = _BOTH if name in ownership.SHARED else _BY
            self.fields[f"owner_{name}"] = forms.ChoiceField(
                label=LABELS[name], choices=choices, required=False, widget=UnfoldAdminSelectWidget,
                initial=self.instance.owners.get(name, ""),
            )  # fmt: skip
        if self.instance.mapping:
            plain = json.loads(json.dumps(self.instance.mapping))
            self.fields["written_mapping"].initial = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)

    def clean_written_mapping(self) -> dict[str, Any] | None:
        from replication import mapping  # frames stay out of processes that only load the admin

        text = self.cleaned_data["written_mapping"].strip()
        if not text:
            return None
        try:
            read = mapping.parse(text.encode(), "mapping")
        except Unreadable as refused:
            raise ValidationError(str(refused).splitlines()) from None
        written: dict[str, Any] = read.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return written

    def save(self, commit: bool = True) -> Any:
        said = {name: self.cleaned_data.get(f"owner_{name}") for name in FIELDS}
        self.instance.owners = {name: owner for name, owner in said.items() if owner}
        self.instance.mapping = self.cleaned_data["written_mapping"]
        return super().save(commit)
