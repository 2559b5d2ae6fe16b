from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tiers', '0002_plan'),
    ]

    operations = [
        migrations.AddField(
            model_name='tierfollowed',
            name='bookmark',
            field=models.JSONField(help_text='tiers.bookmarks: where the next walk goes on', null=True),
        ),
    ]
