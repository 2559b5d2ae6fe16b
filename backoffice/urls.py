from django.urls import path

from backoffice.views import cards, enrol, floors, imports, members, programs, quarantine, stock, till

app_name = "backoffice"
urlpatterns = [
    path("", members.search, name="home"),
    path("program/", programs.choose, name="program"),
    path("till/", till.show, name="till"),
    path("stock/", stock.index, name="stock"),
    path("stock/<slug:code>/", stock.show, name="card_batch"),
    path("stock/<slug:code>/cards.csv", stock.printed, name="card_batch_file"),
    path("members/<slug:public_id>/cards/", cards.show, name="member_cards"),
    path("members/<slug:public_id>/cards/<int:card_id>/receipts/", cards.receipts, name="card_receipts"),
    path("enrol/", enrol.show, name="enrol"),
    path("members/<slug:public_id>/", members.show, name="member"),
    path("members/<slug:public_id>/floor/", floors.show, name="floor"),
    path("imports/", imports.index, name="imports"),
    path("imports/<int:file_id>/", imports.show, name="import"),
    path("quarantine/", quarantine.index, name="quarantine"),
    path("quarantine/<int:row_id>/", quarantine.show, name="quarantined"),
]
