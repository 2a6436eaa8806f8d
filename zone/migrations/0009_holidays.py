"""Holidays; and for each line about getting here its own date and source."""

import datetime
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import zone.partial_dates
from django.db import migrations, models


EDIT = ("add", "change", "delete", "view")
ROLES = {
    "Editor": {"holidaycalendar": EDIT, "holiday": EDIT},
    "Publisher": {"holidaycalendar": (*EDIT, "publish"), "holiday": EDIT},
    "Translator": {"holidaycalendar": ("view", "translate"), "holiday": ("view",)},
}


def allow(apps, schema_editor):
    """Let the roles do with holidays what they do with other records and their rows."""
    database = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(database)
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(database)
    for group in groups.filter(name__in=ROLES):
        for model, actions in ROLES[group.name].items():
            content_type, _ = content_types.get_or_create(app_label="zone", model=model)
            verbose_name = apps.get_model("zone", model)._meta.verbose_name_raw
            for action in actions:
                permission, _ = permissions.get_or_create(
                    content_type=content_type,
                    codename=f"{action}_{model}",
                    defaults={"name": f"Can {action} {verbose_name}"},
                )
                group.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ('zone', '0008_pictures'),
    ]

    operations = [
        migrations.CreateModel(
            name='Holiday',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(editable=False, verbose_name='number')),
                ('date', models.DateField(verbose_name='date')),
                ('name_en', models.CharField(default='', max_length=100, verbose_name='name')),
                ('name_zh_hans', models.CharField(blank=True, default='', max_length=100, verbose_name='name')),
                ('name_zh_hant', models.CharField(blank=True, default='', max_length=100, verbose_name='name')),
                ('is_worked', models.BooleanField(default=False, help_text='No holiday, but a Saturday or Sunday on which people work in exchange for one.', verbose_name='worked instead')),
            ],
            options={
                'verbose_name': 'holiday',
                'verbose_name_plural': 'holidays',
                'ordering': ['date', 'number'],
            },
        ),
        migrations.CreateModel(
            name='HolidayCalendar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('draft', 'draft'), ('review', 'in review'), ('published', 'published'), ('withdrawn', 'withdrawn'), ('trashed', 'in the trash')], default='draft', editable=False, help_text='Visitors see the record only while it is published. Only publishers can publish and withdraw.', max_length=9, verbose_name='status')),
                ('publish_at', models.DateTimeField(blank=True, help_text='A published record appears at this time (Hong Kong time). Empty: at once.', null=True, validators=[django.core.validators.MinValueValidator(datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), django.core.validators.MaxValueValidator(datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))], verbose_name='publish at')),
                ('expire_at', models.DateTimeField(blank=True, help_text='The record disappears at this time (Hong Kong time). Empty: never.', null=True, validators=[django.core.validators.MinValueValidator(datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), django.core.validators.MaxValueValidator(datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))], verbose_name='expire at')),
                ('zh_hans_check', models.CharField(choices=[('unchecked', 'translated, unchecked'), ('checked', 'checked by a person')], default='unchecked', help_text='Choose “checked by a person” only after you have read all Simplified Chinese texts.', max_length=9, verbose_name='Simplified Chinese')),
                ('zh_hant_check', models.CharField(choices=[('unchecked', 'translated, unchecked'), ('checked', 'checked by a person')], default='unchecked', help_text='Choose “checked by a person” only after you have read all Traditional Chinese texts.', max_length=9, verbose_name='Traditional Chinese')),
                ('zh_hans_of', models.CharField(blank=True, default='', editable=False, max_length=16)),
                ('zh_hant_of', models.CharField(blank=True, default='', editable=False, max_length=16)),
                ('slug', models.SlugField(help_text='The last part of the address. Left empty it is made from the English name. If you change it, the old address leads to the new one.', max_length=80, unique=True, validators=[django.core.validators.RegexValidator('^[a-z0-9]+(-[a-z0-9]+)*$', 'Use small letters, digits and single hyphens.', 'invalid_slug')], verbose_name='slug')),
                ('checked_on', models.DateField(blank=True, help_text='The day on which an editor last compared the record with its sources.', null=True, verbose_name='last checked on')),
                ('withdrawal_reason_en', models.CharField(blank=True, default='', help_text='Readers who come to the page are told this, and nothing else of the record.', max_length=300, verbose_name='reason')),
                ('withdrawal_reason_zh_hans', models.CharField(blank=True, default='', help_text='Readers who come to the page are told this, and nothing else of the record.', max_length=300, verbose_name='reason')),
                ('withdrawal_reason_zh_hant', models.CharField(blank=True, default='', help_text='Readers who come to the page are told this, and nothing else of the record.', max_length=300, verbose_name='reason')),
                ('editor_note', models.TextField(blank=True, default='', help_text='Never shown to visitors.', verbose_name='note for editors')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, validators=[django.core.validators.MinValueValidator(datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), django.core.validators.MaxValueValidator(datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))], verbose_name='created at')),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, validators=[django.core.validators.MinValueValidator(datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), django.core.validators.MaxValueValidator(datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))], verbose_name='updated at')),
                ('region', models.CharField(choices=[('hong-kong', 'Hong Kong'), ('mainland', 'mainland China')], max_length=9, verbose_name='region')),
                ('year', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(2000), django.core.validators.MaxValueValidator(2100)], verbose_name='year')),
                ('as_of', zone.partial_dates.PartialDateField(blank=True, help_text='When it was announced: 2024, 2024-06 or 2024-06-13.', null=True, verbose_name='as of')),
            ],
            options={
                'verbose_name': 'holiday calendar',
                'verbose_name_plural': 'holiday calendars',
                'ordering': ['-year', 'region'],
                'abstract': False,
                'default_permissions': ('add', 'change', 'delete', 'view', 'publish', 'translate'),
            },
        ),
        migrations.AddField(
            model_name='crossing',
            name='documents_as_of',
            field=zone.partial_dates.PartialDateField(blank=True, null=True, verbose_name='documents as of'),
        ),
        migrations.AddField(
            model_name='crossing',
            name='documents_en',
            field=models.TextField(blank=True, default='', help_text='What one has to show there. Empty: unknown.', verbose_name='documents'),
        ),
        migrations.AddField(
            model_name='crossing',
            name='documents_source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='crossings_explained', to='zone.source', verbose_name='source of the documents'),
        ),
        migrations.AddField(
            model_name='crossing',
            name='documents_zh_hans',
            field=models.TextField(blank=True, default='', help_text='What one has to show there. Empty: unknown.', verbose_name='documents'),
        ),
        migrations.AddField(
            model_name='crossing',
            name='documents_zh_hant',
            field=models.TextField(blank=True, default='', help_text='What one has to show there. Empty: unknown.', verbose_name='documents'),
        ),
        migrations.AddField(
            model_name='departure',
            name='runs_on',
            field=models.CharField(choices=[('unknown', 'unknown'), ('daily', 'every day'), ('mainland', 'working days of the mainland'), ('both', 'working days of both the mainland and Hong Kong')], default='unknown', help_text='The same as the days in words, for the exports. “Unknown” where no choice fits.', max_length=8, verbose_name='runs on'),
        ),
        migrations.AddField(
            model_name='newsitem',
            name='holds_from',
            field=models.DateTimeField(blank=True, help_text='Of a notice: when what it announces begins (Hong Kong time).', null=True, validators=[django.core.validators.MinValueValidator(datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), django.core.validators.MaxValueValidator(datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))], verbose_name='holds from'),
        ),
        migrations.AddField(
            model_name='newsitem',
            name='holds_until',
            field=models.DateTimeField(blank=True, help_text='Of a notice: when that ends (Hong Kong time). The notice then leaves “Getting here”.', null=True, validators=[django.core.validators.MinValueValidator(datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), django.core.validators.MaxValueValidator(datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))], verbose_name='holds until'),
        ),
        migrations.AddField(
            model_name='route',
            name='eligibility_as_of',
            field=zone.partial_dates.PartialDateField(blank=True, null=True, verbose_name='eligibility as of'),
        ),
        migrations.AddField(
            model_name='route',
            name='eligibility_source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='routes_restricted', to='zone.source', verbose_name='source of the eligibility'),
        ),
        migrations.AddField(
            model_name='route',
            name='fare_as_of',
            field=zone.partial_dates.PartialDateField(blank=True, null=True, verbose_name='fare as of'),
        ),
        migrations.AddField(
            model_name='route',
            name='fare_source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='routes_priced', to='zone.source', verbose_name='source of the fare'),
        ),
        migrations.AddField(
            model_name='route',
            name='runs_both_ways',
            field=models.BooleanField(blank=True, help_text='Whether it comes back by the same stops.', null=True, verbose_name='runs both ways'),
        ),
        migrations.AddField(
            model_name='route',
            name='stops_lead',
            field=models.CharField(blank=True, choices=[('from-shenzhen', 'from Shenzhen'), ('from-hong-kong', 'from Hong Kong')], default='', help_text='From which bank to the other. Empty: the route stays on one bank, or nobody says so.', max_length=14, verbose_name='the stops lead'),
        ),
        migrations.AddField(
            model_name='route',
            name='trip_as_of',
            field=zone.partial_dates.PartialDateField(blank=True, null=True, verbose_name='trip as of'),
        ),
        migrations.AddField(
            model_name='route',
            name='trip_source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='routes_measured', to='zone.source', verbose_name='source of the trip'),
        ),
        migrations.AddConstraint(
            model_name='departure',
            constraint=models.CheckConstraint(condition=models.Q(('runs_on__in', ['unknown', 'daily', 'mainland', 'both'])), name='departure_runs_on_is_known'),
        ),
        migrations.AddConstraint(
            model_name='newsitem',
            constraint=models.CheckConstraint(condition=models.Q(('holds_from', None), ('holds_until', None), ('holds_until__gt', models.F('holds_from')), _connector='OR'), name='newsitem_holds_until_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='route',
            constraint=models.CheckConstraint(condition=models.Q(('stops_lead__in', ['', 'from-shenzhen', 'from-hong-kong'])), name='route_stops_lead_is_known'),
        ),
        migrations.AddField(
            model_name='holidaycalendar',
            name='sources',
            field=models.ManyToManyField(blank=True, help_text='Everything that the record rests on.', related_name='%(class)s_records', to='zone.source', verbose_name='sources'),
        ),
        migrations.AddField(
            model_name='holiday',
            name='calendar',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='holidays', to='zone.holidaycalendar', verbose_name='holiday calendar'),
        ),
        migrations.AddConstraint(
            model_name='holidaycalendar',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'review', 'published', 'withdrawn', 'trashed'])), name='holidaycalendar_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='holidaycalendar',
            constraint=models.CheckConstraint(condition=models.Q(('publish_at', None), ('expire_at', None), ('expire_at__gt', models.F('publish_at')), _connector='OR'), name='holidaycalendar_expires_after_it_appears'),
        ),
        migrations.AddConstraint(
            model_name='holidaycalendar',
            constraint=models.CheckConstraint(condition=models.Q(('zh_hans_check__in', ['unchecked', 'checked'])), name='holidaycalendar_zh_hans_check_is_known'),
        ),
        migrations.AddConstraint(
            model_name='holidaycalendar',
            constraint=models.CheckConstraint(condition=models.Q(('zh_hant_check__in', ['unchecked', 'checked'])), name='holidaycalendar_zh_hant_check_is_known'),
        ),
        migrations.AddConstraint(
            model_name='holidaycalendar',
            constraint=models.CheckConstraint(condition=models.Q(('slug__regex', '^[a-z0-9]+(-[a-z0-9]+)*$')), name='holidaycalendar_slug_is_well_formed'),
        ),
        migrations.AddConstraint(
            model_name='holidaycalendar',
            constraint=models.CheckConstraint(condition=models.Q(('region__in', ['hong-kong', 'mainland'])), name='holidaycalendar_region_is_known'),
        ),
        migrations.AddConstraint(
            model_name='holidaycalendar',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'published')), fields=('region', 'year'), name='holidaycalendar_is_the_only_one_of_its_year', violation_error_message='The holidays of this year and region are published in another calendar.'),
        ),
        migrations.AddConstraint(
            model_name='holiday',
            constraint=models.UniqueConstraint(fields=('calendar', 'number'), name='holiday_number_is_unique_for_its_calendar'),
        ),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
