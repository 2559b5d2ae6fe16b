from django.urls import path

from backoffice.views import enrol, floors, imports, members, programs, quarantine

app_name = "backoffice"
urlpatterns = [
    path("", members.search, name="home"),
    path("program/", programs.choose, name="program"),
    path("enrol/", enrol.show, name="enrol"),
    path("members/<slug:public_id>/", members.show, name="member"),
    path("members/<slug:public_id>/floor/", floors.show, name="floor"),
    path("imports/", imports.index, name="imports"),
    path("imports/<int:file_id>/", imports.show, name="import"),
    path("quarantine/", quarantine.index, name="quarantine"),
    path("quarantine/<int:row_id>/", quarantine.show, name="quarantined"),
]
