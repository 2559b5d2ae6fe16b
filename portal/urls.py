from django.urls import path

from portal.views import account, activity, app, cards, confirm, contact, home, join, leaving_mail, person, rewards

app_name = "portal"
urlpatterns = [
    path("", home.show, name="home"),
    path("join/", join.show, name="join"),
    path("join/done/", join.done, name="join_done"),
    path("card/", cards.show, name="card"),
    path("manifest.webmanifest", app.manifest, name="manifest"),
    path("sw.js", app.worker, name="worker"),
    path("card/offline/", app.card, name="card_offline"),
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
    path("me/profile/", person.profile, name="profile"),
    path("me/likes/", person.likes, name="likes"),
    path("me/consents/", person.consents, name="consents"),
    path("me/contact/", contact.show, name="contact"),
    path("me/contact/address/", contact.address, name="address"),
    path("me/contact/<slug:what>/", contact.change, name="contact_change"),
    path("me/contact/<slug:what>/code/", contact.code, name="contact_code"),
    path("contact/<str:token>/", contact.answer, name="contact_answer"),
    path("unsubscribe/<str:token>/", leaving_mail.show, name="unsubscribe"),
]
