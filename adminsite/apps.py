from django.apps import AppConfig


class AdminsiteConfig(AppConfig):
    name = "adminsite"

    def ready(self) -> None:
        from allauth.account.decorators import secure_admin_login
        from django.contrib import admin
        from django.utils.translation import gettext_lazy as _

        admin.site.site_header = admin.site.site_title = "Fidelio"
        admin.site.index_title = _("Overview")
        # one way in for everybody: throttled, by code or password, with its own log
        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
