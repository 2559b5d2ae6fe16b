"""Components of the portal and the back office; the gallery at /ui/ shows each. They read their arguments alone."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django import template
from django.forms import CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.forms.boundfield import BoundField, BoundWidget
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_info, gettext

from identity import devices
from web import banners, codes, formats, guilloche, icons

if TYPE_CHECKING:
    from web.climbs import Climb
    from web.pots import Pot

register = template.Library()


# Small parts


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A line icon of icons.svg; silent unless it is given a label."""
    source = static("web/icons.svg")
    if label:
        return format_html('<svg class="i" role="img" aria-label="{}"><use href="{}#{}"/></svg>', label, source, name)
    return format_html('<svg class="i" aria-hidden="true"><use href="{}#{}"/></svg>', source, name)


@register.simple_tag
def logo(look: banners.Look) -> SafeString:
    if look.has_drawn_logo:  # printed through as a mask, in the ink of where it stands
        return mark_safe('<span class="logo-drawn" aria-hidden="true"></span>')
    return format_html('<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>', look.logo)


@register.simple_tag
def app_icon(look: banners.Look) -> str:
    """The icon of a theme on the home screen of a phone."""
    return icons.address(look, "touch-180")


@register.simple_tag
def style_sheet(look: banners.Look) -> SafeString:
    """The link to the colours of a look of its own; nothing for a look of the house, which is in theme.css."""
    if not getattr(look, "own", None):
        return SafeString()
    return format_html('<link rel="stylesheet" href="{}">', icons.file(look, "look.css"))


@register.simple_tag
def barcode(number: str, label: str = "") -> SafeString:
    """Code 128 (EAN-13 for thirteen digits); a module is two units wide unless the style says otherwise."""
    code = codes.bars(number)
    return format_html(
        '<svg class="bars" width="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<path d="{}"/></svg>',
        code.width * 2,
        code.width,
        code.height,
        label or number,
        code.path,
    )


@register.simple_tag
def qr(number: str, label: str = "") -> SafeString:
    code = codes.qr(number)
    return format_html(
        '<svg class="qr" viewBox="0 0 {} {}" role="img" aria-label="{}" shape-rendering="crispEdges">'
        '<path d="{}"/></svg>',
        code.width,
        code.height,
        label or number,
        code.path,
    )


@register.simple_tag
def engraving(number: str, look: banners.Look, *, small: bool = False) -> SafeString:
    """The guilloche of one card. A small one is one of 32, which are drawn once: a list shows many of them."""
    seed = codes.seed_of(number)
    drawing = guilloche.engraving(look.engraving, seed % 32 if small else seed)
    return format_html(
        '<svg class="pass-art" viewBox="0 0 1400 880" preserveAspectRatio="xMaxYMid slice" aria-hidden="true">{}</svg>',
        mark_safe(drawing),  # numbers only, drawn by guilloche.py
    )


# Objects of value and figures


@register.inclusion_tag("ui/pass.html")
def card_pass(
    *, number: str, brand: str, look: banners.Look, holder: str = "", tier: str = "", href: str = "", scan: bool = True
) -> dict[str, Any]:
    """The card as an object; with `href`, its codes lead to the full-screen page."""
    fits = bool(number) and codes.bars(number).width <= codes.ON_CARD_MODULES
    return {
        "number": number,
        "brand": brand,
        "look": look,
        "holder": holder,
        "tier": tier,
        "href": href,
        "scan": scan and number,
        "with_bars": fits,
    }


@register.inclusion_tag("ui/pass_mini.html")
def card_mini(*, number: str, look: banners.Look) -> dict[str, Any]:
    return {"number": number, "look": look}


@register.inclusion_tag("ui/stat.html")
def stat(label: str, value: str, note: str = "", *, xl: bool = False, soon: bool = False) -> dict[str, Any]:
    """A figure: label, value, what it means."""
    return {"label": label, "value": value, "note": note, "xl": xl, "soon": soon}


@register.inclusion_tag("ui/progress.html")
def progress(value: int, maximum: int, label: str) -> dict[str, Any]:
    return {"value": value, "maximum": maximum, "label": label}


@register.inclusion_tag("ui/climb.html", takes_context=True)
def climb(
    context: template.Context, climb: "Climb", *, name: str = "climb", level: str = "h2", told: str = "member"
) -> dict[str, Any]:
    """A place on the ladder: what the next step lacks over a graduated rule, and until when this one is kept.

    `told` is whom it is said to: member, or staff.
    """
    said = climb.sentence if told == "member" else climb.report
    return {"climb": climb, "said": said, "id": name, "level": level, "formats": context["formats"]}


@register.inclusion_tag("ui/button.html")
def button(
    label: str,
    *,
    href: str = "",
    kind: str = "primary",
    icon: str = "",
    extra: str = "",
    name: str = "",
    value: str = "",
) -> dict[str, Any]:
    """`kind` is primary (one a screen), quiet, plain or danger."""
    return {
        "label": label,
        "href": href,
        "kind": "" if kind == "plain" else f"btn-{kind}",
        "icon": icon,
        "extra": extra,
        "name": name,
        "value": value,
    }


# Blocks


@register.simple_block_tag
def notice(content: str, kind: str = "warn", title: str = "", role: str = "") -> SafeString:
    """What is going on: kind is good, warn or bad."""
    name = {"good": "ok", "warn": "alert", "bad": "stop"}[kind]
    return format_html(
        '<div class="notice{}"{}>{}<p>{}{}</p></div>',
        f" is-{kind}" if kind != "warn" else "",
        format_html(' role="{}"', role) if role else "",
        icon(name),
        format_html("<b>{}</b> ", title) if title else "",
        content,
    )


@register.simple_block_tag
def empty(content: str, title: str, level: int = 2) -> SafeString:
    """Nothing to show: what is missing, then (the content) why, and one action."""
    return format_html('<div class="empty"><h{}>{}</h{}>{}</div>', level, title, level, content)


# Fields


@register.simple_tag
def control(bound: BoundField) -> SafeString:
    """The widget of a field with the class its kind asks for."""
    widget = bound.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple | CheckboxInput):
        css = "form-check-input"
    else:
        css = "form-select" if isinstance(widget, Select) else "form-control"
    own = widget.attrs.get("class", "")
    wrong = " is-invalid" if bound.errors else ""
    return bound.as_widget(attrs={"class": f"{css} {own}{wrong}".strip()})


@register.filter
def choices(bound: BoundField) -> list[BoundWidget]:
    """The choices of a set of radios or ticks, each wearing its class."""
    found = list(bound.subwidgets)
    for choice in found:
        choice.data["attrs"]["class"] = "form-check-input"
    return found


@register.filter
def is_choices(bound: BoundField) -> bool:
    return isinstance(bound.field.widget, RadioSelect | CheckboxSelectMultiple)


@register.filter
def is_tick(bound: BoundField) -> bool:
    return type(bound.field.widget) is CheckboxInput


@register.filter
def device(agent: str) -> str:
    """A browser and its system as people name them; a word for those that do not say."""
    return devices.name_of(agent) or gettext("a browser")


# Values in the page's formats


@register.simple_tag(takes_context=True)
def number(context: template.Context, value: int) -> str:
    return _formats(context).number(value)


@register.simple_tag(takes_context=True)
def signed(context: template.Context, value: int) -> str:
    return _formats(context).signed(value)


@register.simple_tag(takes_context=True)
def money(context: template.Context, minor: int, currency: str = "", *, short: bool = False) -> str:
    return _formats(context).money(minor, currency, short=short)


@register.simple_tag(takes_context=True)
def quantity(context: template.Context, thousandths: int) -> str:
    return _formats(context).quantity(thousandths)


@register.simple_tag(takes_context=True)
def on_day(context: template.Context, moment: date | datetime, style: str = "day") -> str:
    """A day: style is day, coming, weekday, short_weekday, short_day, full_day or month."""
    if style not in {"day", "coming", "weekday", "short_weekday", "short_day", "full_day", "month"}:
        raise template.TemplateSyntaxError(f"no way to write a day is called {style!r}")
    return str(getattr(_formats(context), style)(moment))


@register.simple_tag(takes_context=True)
def at_hour(context: template.Context, moment: datetime) -> str:
    return _formats(context).hour(moment)


@register.simple_tag(takes_context=True)
def at_second(context: template.Context, moment: datetime) -> str:
    return _formats(context).second(moment)


@register.simple_tag(takes_context=True)
def at_moment(context: template.Context, moment: datetime) -> str:
    return _formats(context).moment(moment)


@register.simple_tag(takes_context=True)
def pot_amount(context: template.Context, pot: "Pot", amount: int) -> str:
    """An amount of a pot: points as a number, a cash pot as money."""
    return pot.unit.write(_formats(context), amount)


@register.filter
def language(code: str) -> str:
    """`fr` as "French", in the language of who reads it; a code nobody names stays as it is."""
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


@register.filter
def grouped(value: str) -> str:
    """A card number in groups one can read aloud."""
    return formats.card_number(value)


@register.simple_tag
def joined(parts: Iterable[str], by: str = ", ") -> str:
    return by.join(part for part in parts if part)


def _formats(context: template.Context) -> formats.Formats:
    found: formats.Formats = context["formats"]
    return found
