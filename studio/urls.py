from django.urls import path

from studio.views import builder, drafts, programs, rehearsals, trials

app_name = "studio"
_DRAFT = "<slug:code>/drafts/<int:draft_id>/"
urlpatterns = [
    path("", programs.index, name="index"),
    path("<slug:code>/", programs.show, name="program"),
    path("<slug:code>/stop/", programs.stop, name="stop"),
    path("<slug:code>/resume/", programs.resume, name="resume"),
    path("<slug:code>/versions/<int:rulebook_id>/withdraw/", programs.withdraw, name="withdraw"),
    path("<slug:code>/pick/<str:fact>/", builder.pick, name="pick"),
    path("<slug:code>/drafts/", programs.begin, name="begin"),
    path(_DRAFT, drafts.show, name="draft"),
    path(f"{_DRAFT}order/", drafts.order, name="order"),
    path(f"{_DRAFT}act/", drafts.act, name="draft_act"),
    path(f"{_DRAFT}try/", trials.show, name="try"),
    path(f"{_DRAFT}rehearse/", rehearsals.show, name="rehearse"),
    path(f"{_DRAFT}rules/", builder.add, name="add_rule"),
    path(f"{_DRAFT}rules/<int:rule_id>/", builder.rule, name="rule"),
    path(f"{_DRAFT}rules/<int:rule_id>/act/", builder.act, name="rule_act"),
]
