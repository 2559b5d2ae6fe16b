import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

# Statement triggers: a file of people costs one look at their distinct words. Nobody waits for anybody here, because
# no constraint makes a word unique: two doors at once may write it twice, which the search does not mind.
KEEP_WORDS = """
CREATE FUNCTION member_keep_name_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO member_name_word (population_id, word)
    SELECT said.population_id, said.word
    FROM (SELECT DISTINCT population_id, string_to_table(name_key, ' ') AS word FROM written) said
    WHERE said.word <> '' AND NOT EXISTS (
        SELECT 1 FROM member_name_word known
        WHERE known.population_id = said.population_id AND known.word = said.word
    );
    RETURN NULL;
END $$;

CREATE TRIGGER member_words_of_new AFTER INSERT ON member
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION member_keep_name_words();
CREATE TRIGGER member_words_of_changed AFTER UPDATE ON member
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION member_keep_name_words();

INSERT INTO member_name_word (population_id, word)
SELECT DISTINCT population_id, word FROM member, string_to_table(name_key, ' ') AS word WHERE word <> '';
"""
FORGET_WORDS = """
DROP TRIGGER member_words_of_new ON member;
DROP TRIGGER member_words_of_changed ON member;
DROP FUNCTION member_keep_name_words();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0002_search_and_guards"),
        ("programs", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="NameWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("word", models.TextField()),
                (
                    "population",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="programs.population",
                    ),
                ),
            ],
            options={
                "db_table": "member_name_word",
                "indexes": [
                    models.Index(fields=["population", "word"], name="member_name_word_once"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["word"], name="member_name_word_alike", opclasses=["gin_trgm_ops"]
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEEP_WORDS, FORGET_WORDS),
    ]
