"""What readers report, for editors and publishers."""

import django.utils.timezone
from django.db import migrations, models

ROLES = {"Editor": ("change", "view"), "Publisher": ("change", "delete", "view")}


def allow(apps, schema_editor):
    """Give the roles their permissions, which Django itself creates only after all migrations."""
    database = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(database)
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(database)
    content_type, _ = content_types.get_or_create(app_label="zone", model="report")
    for group in groups.filter(name__in=ROLES):
        for action in ROLES[group.name]:
            permission, _ = permissions.get_or_create(
                content_type=content_type,
                codename=f"{action}_report",
                defaults={"name": f"Can {action} report from a reader"},
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ('zone', '0009_holidays'),
    ]

    operations = [
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(blank=True, default='', max_length=300, verbose_name='page')),
                ('language', models.CharField(choices=[('en', 'en'), ('zh-hans', 'zh-hans'), ('zh-hant', 'zh-hant')], max_length=7, verbose_name='language')),
                ('message', models.TextField(max_length=2000, verbose_name='message')),
                ('evidence', models.CharField(blank=True, default='', max_length=500, verbose_name='where it can be checked')),
                ('email', models.EmailField(blank=True, default='', max_length=254, verbose_name='e-mail address')),
                ('sender', models.CharField(blank=True, db_index=True, default='', max_length=64, verbose_name='sender')),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='sent')),
                ('is_closed', models.BooleanField(default=False, verbose_name='dealt with')),
                ('note', models.TextField(blank=True, default='', help_text='What was found and done. For editors.', verbose_name='note')),
            ],
            options={
                'verbose_name': 'report from a reader',
                'verbose_name_plural': 'reports from readers',
                'ordering': ['is_closed', '-created_at'],
                'default_permissions': ('change', 'delete', 'view'),
                'indexes': [models.Index(fields=['is_closed', 'created_at'], name='report_by_state')],
            },
        ),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
