from django.urls import path
from django.views.i18n import set_language

from web.views import gallery, look, theme

app_name = "web"
urlpatterns = [
    path("language/", set_language, name="language"),
    path("theme/", theme.choose, name="theme"),
    path("look/<slug:owner>/<slug:code>/<slug:digest>/<str:name>", look.file, name="look"),
    path("ui/", gallery.show, name="gallery"),
]
