"""What this room and the libraries it signs people in with keep about them (docs/privacy.md)."""

from values.inventory import USER, Basis, Erased, Table

LIFE = "as long as the login"
SECRET = "a secret, of use to nobody but who signs in with it"

TABLES = [
    Table(
        "identity_user", "a login", LIFE, whose=USER, by="id", erased=Erased.EMPTY,
        none=("is_superuser", "is_staff", "is_active", "session_round"), pseudonymous=("last_login", "date_joined"),
        personal=("email", "password"), tokens=("email",), exempt={"password": SECRET},
    ),
    Table("identity_user_groups", "unused", LIFE, whose=USER, erased=Erased.DELETE),
    Table("identity_user_user_permissions", "unused", LIFE, whose=USER, erased=Erased.DELETE),
    Table("identity_staff_profile", "what colleagues call a member of staff", "as long as the audit trail names them",
          personal=("display_name",), none=("language",), exempt={"*": "of staff, who are told by their employer"}),
    Table("identity_grant", "what staff may do", "as long as the employment", pseudonymous=("role",),
          none=("banner_code", "market_code", "store_code"), exempt={"*": "of staff, who are told by their employer"}),
    Table("identity_badge", "badge and PIN of staff", "as long as the employment", personal=("number", "pin"),
          pseudonymous=("set_by",), exempt={"*": "of staff, who are told by their employer"}),
    Table("identity_till", "a shared till", "as long as the till", Basis.NOBODY),
    Table("identity_device", "devices a login was used on", "13 months", Basis.INTEREST, whose=USER,
          erased=Erased.DELETE, pseudonymous=("digest",)),
    Table("account_emailaddress", "addresses that were proven", LIFE, whose=USER, erased=Erased.DELETE,
          none=("verified", "primary"), personal=("email",)),
    Table("account_emailconfirmation", "unused", LIFE, whose="account_emailaddress", by="email_address_id",
          erased=Erased.DELETE, none=("created", "sent"), personal=("key",), exempt={"key": SECRET}),
    Table("mfa_authenticator", "passkeys and second factors", LIFE, whose=USER, erased=Erased.DELETE, none=("type",),
          personal=("data",), exempt={"data": SECRET}),
    Table("usersessions_usersession", "where somebody is signed in", "as long as the session", Basis.INTEREST,
          whose=USER, erased=Erased.DELETE, personal=("ip", "user_agent", "data", "session_key"),
          exempt={"session_key": SECRET}),
    Table("django_session", "who is signed in", "14 days", personal=("session_data", "session_key"),
          none=("expire_date",), exempt={"*": SECRET}),
    Table("django_admin_log", "what staff changed in the admin", "13 months", Basis.INTEREST,
          pseudonymous=("action_time", "object_repr", "action_flag", "change_message"),
          exempt={"*": "of staff; members are not edited in the admin"}),
]  # fmt: skip
