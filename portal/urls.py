from django.urls import path

from portal.views import account, activity, cards, confirm, home, join, leaving_mail, rewards

app_name = "portal"
urlpatterns = [
    path("", home.show, name="home"),
    path("join/", join.show, name="join"),
    path("join/done/", join.done, name="join_done"),
    path("card/", cards.show, name="card"),
    path("card/code/", cards.code, name="card_code"),
    path("cards/", cards.index, name="cards"),
    path("cards/claim/", cards.claim, name="claim"),
    path("cards/claim/done/", cards.claim_done, name="claim_done"),
    path("cards/<int:card_id>/lost/", cards.lost, name="card_lost"),
    path("activity/", activity.month, name="activity"),
    path("activity/<int:activity_id>/", activity.receipt, name="receipt"),
    path("rewards/", rewards.show, name="rewards"),
    path("rewards/<str:code>/take/", rewards.take, name="take_reward"),
    path("me/", account.show, name="me"),
    path("me/confirm/", confirm.show, name="confirm"),
    path("unsubscribe/<str:token>/", leaving_mail.show, name="unsubscribe"),
]
