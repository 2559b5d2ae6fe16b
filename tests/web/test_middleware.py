from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import get_script_prefix, reverse

from web.middleware import ProgramMiddleware

pytestmark = pytest.mark.django_db


def seen(request: HttpRequest) -> tuple[Any, str, str]:
    """The program, the path left to resolve, and where the gallery is from there."""
    kept: list[tuple[Any, str, str]] = []

    def view(inner: HttpRequest) -> HttpResponse:
        kept.append((inner.program, inner.path_info, reverse("web:gallery")))  # type: ignore[attr-defined]
        return HttpResponse()

    ProgramMiddleware(view)(request)
    return kept[0]


@pytest.fixture
def ask(rf: RequestFactory) -> Callable[..., HttpRequest]:
    return lambda path, host="localhost": rf.get(path, headers={"host": host})


def test_the_first_segment_names_the_program_and_addresses_stay_inside_it(program: Any, ask: Any) -> None:
    assert seen(ask("/demo/activity/")) == (program, "/activity/", "/demo/ui/")
    assert get_script_prefix() == "/"


def test_a_host_name_of_its_own_needs_no_segment(program: Any, ask: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["club.example"]
    program.hosts.create(host="club.example")
    assert seen(ask("/activity/", "Club.Example:8000")) == (program, "/activity/", "/ui/")


@pytest.mark.parametrize("path", ["/", "/desk/", "/nobody/activity/", "/account/login/"])
def test_other_addresses_belong_to_no_program(program: Any, ask: Any, path: str) -> None:
    assert seen(ask(path)) == (None, path, "/ui/")


def test_the_prefix_is_given_back_when_a_page_breaks(program: Any, ask: Any) -> None:
    def broken(_request: HttpRequest) -> HttpResponse:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ProgramMiddleware(broken)(ask("/demo/"))
    assert get_script_prefix() == "/"
