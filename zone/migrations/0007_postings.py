"""Posting lists, and the order of names."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('zone', '0006_latest_changes'),
    ]

    operations = [
        migrations.CreateModel(
            name='PostingList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('noun', models.PositiveSmallIntegerField(verbose_name='noun')),
                ('term', models.CharField(max_length=60, verbose_name='term')),
                ('bitmap', models.BinaryField(verbose_name='bitmap')),
            ],
            options={
                'verbose_name': 'posting list',
                'verbose_name_plural': 'posting lists',
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='searchentry',
            name='name_en',
            field=models.CharField(blank=True, default='', max_length=200, verbose_name='English order'),
        ),
        migrations.AddField(
            model_name='searchentry',
            name='name_zh_hans',
            field=models.CharField(blank=True, default='', max_length=200, verbose_name='order by pinyin'),
        ),
        migrations.AddField(
            model_name='searchentry',
            name='name_zh_hant',
            field=models.CharField(blank=True, default='', max_length=200, verbose_name='order by strokes'),
        ),
        migrations.AddField(
            model_name='searchentry',
            name='terms',
            field=models.JSONField(default=list, verbose_name='terms'),
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=models.Index(fields=['noun', 'name_en', 'id'], name='search_entry_by_english_name'),
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=models.Index(fields=['noun', 'name_zh_hans', 'id'], name='search_entry_by_pinyin'),
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=models.Index(fields=['noun', 'name_zh_hant', 'id'], name='search_entry_by_strokes'),
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=models.Index(fields=['noun', '-date', 'name_en', 'id'], name='search_entry_by_date'),
        ),
        migrations.AddConstraint(
            model_name='postinglist',
            constraint=models.UniqueConstraint(fields=('noun', 'term'), name='posting_list_is_the_only_one_of_its_term'),
        ),
    ]
