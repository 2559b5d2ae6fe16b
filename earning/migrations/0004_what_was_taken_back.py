from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('earning', '0003_shared_limits'),
    ]

    operations = [
        migrations.AddField(
            model_name='award',
            name='taken_back',
            field=models.BigIntegerField(db_default=0, help_text='what returns and corrections took of it, all together'),
        ),
    ]
