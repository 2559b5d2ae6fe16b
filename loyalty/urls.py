from django.contrib import admin
from django.urls import include, path
from django_prometheus import exports

from portal.views import addresses

urlpatterns = [
    path("metrics", exports.ExportToDjangoView, name="metrics"),
    path("admin/studio/", include("studio.urls")),
    path("admin/", admin.site.urls),
    path("account/email/", addresses.show),  # before allauth's own, whose name still leads here
    path("account/", include("allauth.urls")),
    path("desk/", include("backoffice.urls")),
    path("api/", include("api.urls")),
    path("", include("web.urls")),
    path("", include("portal.urls")),
]
