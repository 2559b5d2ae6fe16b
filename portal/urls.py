from django.urls import path

from portal.views import account, activity, home, join, leaving_mail, rewards

app_name = "portal"
urlpatterns = [
    path("", home.show, name="home"),
    path("join/", join.show, name="join"),
    path("join/done/", join.done, name="join_done"),
    path("card/", home.card, name="card"),
    path("activity/", activity.month, name="activity"),
    path("activity/<int:activity_id>/", activity.receipt, name="receipt"),
    path("rewards/", rewards.show, name="rewards"),
    path("rewards/<str:code>/take/", rewards.take, name="take_reward"),
    path("me/", account.show, name="me"),
    path("unsubscribe/<str:token>/", leaving_mail.show, name="unsubscribe"),
]
