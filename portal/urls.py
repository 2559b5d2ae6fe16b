from django.urls import path

from portal.views import account, activity, home, join

app_name = "portal"
urlpatterns = [
    path("", home.show, name="home"),
    path("join/", join.show, name="join"),
    path("join/done/", join.done, name="join_done"),
    path("card/", home.card, name="card"),
    path("activity/", activity.month, name="activity"),
    path("activity/<int:activity_id>/", activity.receipt, name="receipt"),
    path("me/", account.show, name="me"),
]
