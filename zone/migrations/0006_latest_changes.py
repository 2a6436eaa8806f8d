"""Indexes for what changed last, which feeds ask for."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('zone', '0005_search'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='changenote',
            index=models.Index(fields=['date', 'id'], name='change_by_date'),
        ),
        migrations.AddIndex(
            model_name='facility',
            index=models.Index(fields=['status', '-updated_at', 'slug'], name='facility_by_change'),
        ),
        migrations.AddIndex(
            model_name='organisation',
            index=models.Index(fields=['status', '-updated_at', 'slug'], name='organisation_by_change'),
        ),
    ]
