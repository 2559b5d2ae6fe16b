from django.urls import path

from api.views import replication

app_name = "api"
urlpatterns = [
    path("replication/<slug:code>/", replication.push, name="replication_push"),
    path("replication/<slug:code>/feed/", replication.feed, name="replication_feed"),
]
