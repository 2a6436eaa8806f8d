"""Posting lists by facet and digest, terms by depth, and what is asked of a large table by an index.

The index of the search is empty after it: `manage.py rebuild_search` fills it, or `set_up`.
"""

from django.db import migrations, models


def make_table_anew(apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute('TRUNCATE zone_search')
        return
    schema_editor.execute('DROP TABLE zone_search')
    schema_editor.execute(
        'CREATE VIRTUAL TABLE zone_search USING fts5('
        "terms, tokenize=\"unicode61 remove_diacritics 0 tokenchars '.|#'\")",
    )


class Migration(migrations.Migration):

    dependencies = [
        ('zone', '0012_generation'),
    ]

    operations = [
        migrations.RunPython(make_table_anew, migrations.RunPython.noop),
        migrations.DeleteModel(name='PostingList'),
        migrations.CreateModel(
            name='PostingList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('noun', models.PositiveSmallIntegerField(verbose_name='noun')),
                ('facet', models.CharField(max_length=30, verbose_name='facet')),
                ('term', models.CharField(max_length=60, verbose_name='term')),
                ('digest', models.CharField(max_length=32, verbose_name='digest of the bitmap')),
                ('bitmap', models.BinaryField(verbose_name='bitmap')),
            ],
            options={
                'verbose_name': 'posting list',
                'verbose_name_plural': 'posting lists',
                'default_permissions': (),
                'constraints': [
                    models.UniqueConstraint(
                        fields=('noun', 'facet', 'term'), name='posting_list_is_the_only_one_of_its_term'
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name='crossing',
            index=models.Index(condition=models.Q(('publish_at__isnull', False)), fields=['publish_at'], name='crossing_appears'),
        ),
        migrations.AddIndex(
            model_name='crossing',
            index=models.Index(condition=models.Q(('expire_at__isnull', False)), fields=['expire_at'], name='crossing_expires'),
        ),
        migrations.AddIndex(
            model_name='facility',
            index=models.Index(condition=models.Q(('publish_at__isnull', False)), fields=['publish_at'], name='facility_appears'),
        ),
        migrations.AddIndex(
            model_name='facility',
            index=models.Index(condition=models.Q(('expire_at__isnull', False)), fields=['expire_at'], name='facility_expires'),
        ),
        migrations.AddIndex(
            model_name='field',
            index=models.Index(condition=models.Q(('publish_at__isnull', False)), fields=['publish_at'], name='field_appears'),
        ),
        migrations.AddIndex(
            model_name='field',
            index=models.Index(condition=models.Q(('expire_at__isnull', False)), fields=['expire_at'], name='field_expires'),
        ),
        migrations.AddIndex(
            model_name='holidaycalendar',
            index=models.Index(condition=models.Q(('publish_at__isnull', False)), fields=['publish_at'], name='holidaycalendar_appears'),
        ),
        migrations.AddIndex(
            model_name='holidaycalendar',
            index=models.Index(condition=models.Q(('expire_at__isnull', False)), fields=['expire_at'], name='holidaycalendar_expires'),
        ),
        migrations.AddIndex(
            model_name='keyfigure',
            index=models.Index(condition=models.Q(('publish_at__isnull', False)), fields=['publish_at'], name='keyfigure_appears'),
        ),
        migrations.AddIndex(
            model_name='keyfigure',
            index=models.Index(condition=models.Q(('expire_at__isnull', False)), fields=['expire_at'], name='keyfigure_expires'),
        ),
        migrations.AddIndex(
            model_name='newsitem',
            index=models.Index(condition=models.Q(('publish_at__isnull', False)), fields=['publish_at'], name='newsitem_appears'),
        ),
        migrations.AddIndex(
            model_name='newsitem',
            index=models.Index(condition=models.Q(('expire_at__isnull', False)), fields=['expire_at'], name='newsitem_expires'),
        ),
        migrations.AddIndex(
            model_name='newsitem',
            index=models.Index(condition=models.Q(('holds_from__isnull', False)), fields=['holds_from'], name='news_by_beginning'),
        ),
        migrations.AddIndex(
            model_name='newsitem',
            index=models.Index(condition=models.Q(('holds_until__isnull', False)), fields=['holds_until'], name='news_by_end'),
        ),
        migrations.AddIndex(
            model_name='organisation',
            index=models.Index(condition=models.Q(('publish_at__isnull', False)), fields=['publish_at'], name='organisation_appears'),
        ),
        migrations.AddIndex(
            model_name='organisation',
            index=models.Index(condition=models.Q(('expire_at__isnull', False)), fields=['expire_at'], name='organisation_expires'),
        ),
        migrations.AddIndex(
            model_name='park',
            index=models.Index(condition=models.Q(('publish_at__isnull', False)), fields=['publish_at'], name='park_appears'),
        ),
        migrations.AddIndex(
            model_name='park',
            index=models.Index(condition=models.Q(('expire_at__isnull', False)), fields=['expire_at'], name='park_expires'),
        ),
        migrations.AddIndex(
            model_name='route',
            index=models.Index(condition=models.Q(('publish_at__isnull', False)), fields=['publish_at'], name='route_appears'),
        ),
        migrations.AddIndex(
            model_name='route',
            index=models.Index(condition=models.Q(('expire_at__isnull', False)), fields=['expire_at'], name='route_expires'),
        ),
        migrations.AddIndex(
            model_name='source',
            index=models.Index(condition=models.Q(('publish_at__isnull', False)), fields=['publish_at'], name='source_appears'),
        ),
        migrations.AddIndex(
            model_name='source',
            index=models.Index(condition=models.Q(('expire_at__isnull', False)), fields=['expire_at'], name='source_expires'),
        ),
        migrations.RemoveConstraint(
            model_name='fruitlesssearch',
            name='fruitless_search_is_counted_once_a_day',
        ),
        migrations.AddConstraint(
            model_name='fruitlesssearch',
            constraint=models.UniqueConstraint(fields=('day', 'words'), name='fruitless_search_is_counted_once_a_day'),
        ),
    ]
