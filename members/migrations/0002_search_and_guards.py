import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations, models

# unaccent() is only STABLE, because its dictionary may be replaced; named outright it may stand in an index.
NAME_KEY = """
CREATE FUNCTION f_unaccent(text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    AS $$ SELECT public.unaccent('public.unaccent'::regdictionary, $1) $$;

CREATE FUNCTION member_name_key(first_name text, last_name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    AS $$ SELECT btrim(regexp_replace(lower(public.f_unaccent($1 || ' ' || $2)), '[^[:alnum:]]+', ' ', 'g')) $$;
"""

# One login holds one member in each population: the population written in the link is the member's own.
SAME_POPULATION = """
ALTER TABLE member ADD CONSTRAINT member_in_population UNIQUE (id, population_id);
ALTER TABLE member_login ADD CONSTRAINT member_login_in_population
    FOREIGN KEY (member_id, population_id) REFERENCES member (id, population_id);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0001_initial"),
    ]

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(
            NAME_KEY, "DROP FUNCTION member_name_key(text, text); DROP FUNCTION f_unaccent(text);"
        ),
        migrations.AddField(
            model_name="member",
            name="name_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    "first_name", "last_name", function="member_name_key", output_field=models.TextField()
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(fields=["population", "birth_date"], name="member_birth_date"),
        ),
        migrations.AddIndex(
            model_name="member",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["name_key"], name="member_name_key", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(
                condition=models.Q(("email_verified_at__isnull", False), models.Q(("email", ""), _negated=True)),
                fields=("population", "email"),
                name="member_verified_email_once",
            ),
        ),
        migrations.RemoveConstraint(model_name="membership", name="membership_number_once"),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("number"),
                models.F("program"),
                name="membership_number_once",
            ),
        ),
        migrations.RunSQL(
            SAME_POPULATION,
            "ALTER TABLE member_login DROP CONSTRAINT member_login_in_population;"
            " ALTER TABLE member DROP CONSTRAINT member_in_population;",
        ),
    ]
