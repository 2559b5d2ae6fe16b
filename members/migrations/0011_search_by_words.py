import django.contrib.postgres.indexes
from django.db import migrations, models

# How a word sounds to a French ear, roughly: silent ends, doubled letters and other ways to write one sound are gone.
# name_word_keys are what a word shares with its slips: every word that is one letter dropped, added, wrong or changed
# about away shares a key with it, and so does one that sounds alike. Being keys of an index, they cost no threshold.
KEYS = r"""
CREATE FUNCTION name_sound(word text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
    AS $$ DECLARE s text := word; BEGIN
        s := regexp_replace(s, 's?ch|sh', '8', 'g');
        s := replace(replace(s, 'ph', 'f'), 'h', '');
        s := regexp_replace(s, 'e?au', 'o', 'g');
        s := regexp_replace(s, 'o(lt|ld|lx)$', 'o');
        s := regexp_replace(s, 'qu?|c[kc]|c(?=[aouklrt]|$)', 'k', 'g');
        s := regexp_replace(s, 'g(?=[ei])', 'j', 'g');
        s := regexp_replace(s, 'o?eu|[aeo][iye]', 'e', 'g');
        s := regexp_replace(s, '[ea][nm](?=[^aeiouy]|$)', 'an', 'g');
        s := translate(s, 'cywzx', 'sivss');
        s := regexp_replace(s, '(.)\1+', '\1', 'g');
        RETURN regexp_replace(s, '(?<=..)[estdp]+$', '');
    END $$;

CREATE FUNCTION name_word_keys(word text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    AS $$
        SELECT array_agg(key) FROM (
            SELECT $1 AS key
            UNION SELECT overlay($1 PLACING '' FROM n FOR 1) FROM generate_series(1, length($1)) n WHERE length($1) > 2
            UNION SELECT '~' || public.name_sound($1) WHERE length($1) > 2
        ) keys
    $$;
"""
NO_KEYS = "DROP FUNCTION name_word_keys(text); DROP FUNCTION name_sound(text);"
WORDS = models.Func(
    models.F("name_key"), models.Value(" "), function="string_to_array", output_field=models.TextField()
)


class Migration(migrations.Migration):
    dependencies = [("members", "0010_proofs_that_are_old")]

    operations = [
        migrations.RunSQL(KEYS, NO_KEYS),
        # people are found by whole words of their names, words by their beginning or by their slips: three keys a
        # person in place of some twenty trigrams
        migrations.RemoveIndex(model_name="member", name="member_name_key"),
        migrations.AddIndex(
            model_name="member",
            index=django.contrib.postgres.indexes.GinIndex(
                WORDS, name="member_name_words", gin_pending_list_limit=512
            ),
        ),
        migrations.RemoveIndex(model_name="nameword", name="member_name_word_once"),
        migrations.RemoveIndex(model_name="nameword", name="member_name_word_alike"),
        migrations.AddIndex(
            model_name="nameword",
            index=models.Index(
                fields=["population", "word"], opclasses=["int8_ops", "text_pattern_ops"], name="member_name_word_begins"
            ),
        ),
        migrations.AddIndex(
            model_name="nameword",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func(models.F("word"), function="name_word_keys", output_field=models.TextField()),
                name="member_name_word_near", fastupdate=False,
            ),
        ),
    ]
