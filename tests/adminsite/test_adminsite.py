"""The skin: its own header of security, one way in, a menu of what may be opened."""

import re
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

import adminsite
from adminsite import rights, theme
from adminsite.middleware import AdminPolicyMiddleware
from identity.models import Grant, Role, User

BACKEND = "django.contrib.auth.backends.ModelBackend"
ROOT = Path(adminsite.__file__).resolve().parent.parent


def answer(path):
    return AdminPolicyMiddleware(lambda request: HttpResponse("x"))(RequestFactory().get(path))


def test_the_admin_has_a_policy_of_its_own_and_nothing_else_gets_it():
    policy = answer("/admin/programs/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts == "script-src 'self' 'unsafe-eval'", "no inline script runs in the admin either"
    assert "Content-Security-Policy" not in answer("/desk/").headers
    assert "Content-Security-Policy" not in answer("/administrator").headers


def test_the_theme_has_no_inline_script_that_our_screens_would_need():
    import unfold

    templates = Path(unfold.__file__).parent / "templates"
    inline = [
        path.relative_to(templates).as_posix()
        for path in templates.rglob("*.html")
        if re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", path.read_text())
    ]
    assert inline == ["unfold_crispy/layout/table_inline_formset.html"], "crispy forms are not used here"


@pytest.mark.django_db
def test_the_only_way_in_is_the_one_for_everybody(client):
    response = client.get(reverse("admin:login"))
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))
    assert client.get(reverse("admin:index")).status_code == 302


def person(email, *roles):
    user = User.objects.create_user(email, "a long password", is_staff=True)
    for role in roles:
        Grant.objects.create(user=user, role=role)
    return user


def titles(user):
    request = RequestFactory().get("/admin/")
    request.user = user
    return {str(group["title"]): [str(item["title"]) for item in group["items"]] for group in theme.menu(request)}


@pytest.mark.django_db
def test_the_menu_shows_what_may_be_opened():
    marketing = titles(person("nadia@example.com", Role.MARKETING))
    assert marketing["Rules"] == ["Rule studio", "Rulebooks", "Stopped rules"]
    assert "House" not in marketing
    auditor = titles(person("auditor@example.com", Role.AUDITOR))
    assert "Audit trail" in auditor["House"]
    assert titles(person("nobody@example.com")) == {}


@pytest.mark.django_db
def test_who_is_no_staff_may_nothing_whatever_the_roles():
    user = person("cashier@example.com", Role.ADMINISTRATOR)
    assert rights.may(user, "programs.edit")
    user.is_staff = False
    assert not rights.may(user, "programs.edit")


@pytest.mark.django_db
def test_the_front_page_says_when_there_is_nothing(client):
    client.force_login(person("nobody@example.com"), backend=BACKEND)
    assert "Nothing here is yours to open" in client.get(reverse("admin:index")).content.decode()


def test_the_colours_are_those_of_the_house():
    tokens = (ROOT / "web" / "static" / "web" / "theme.css").read_text()
    colours = theme.UNFOLD["COLORS"]
    for colour in (colours["primary"]["600"], colours["primary"]["500"], colours["base"]["900"], colours["base"]["50"]):
        assert colour in tokens
