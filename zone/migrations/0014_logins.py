"""Sessions that know whose they are, and the audit trail. Whoever is logged in has to log in once more."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sessions', '0001_initial'),
        ('zone', '0013_scale'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Django's own sessions, which are not asked for any more.
        migrations.RunSQL('DELETE FROM django_session', migrations.RunSQL.noop),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='when')),
                ('event', models.CharField(choices=[('logged_in', 'logged in'), ('code_accepted', 'gave the right code'), ('recovery_code_used', 'used a recovery code'), ('logged_out', 'logged out'), ('login_failed', 'wrong user name or password'), ('code_refused', 'wrong code'), ('locked', 'locked after wrong passwords'), ('sessions_ended', 'ended sessions'), ('password_changed', 'password changed'), ('second_factor_set_up', 'second factor set up'), ('second_factor_reset', 'second factor taken away'), ('recovery_codes_made', 'recovery codes made'), ('added', 'made'), ('changed', 'changed'), ('deleted', 'deleted')], max_length=20, verbose_name='what happened')),
                ('by', models.CharField(blank=True, default='', max_length=150, verbose_name='by')),
                ('kind', models.CharField(choices=[('account', 'account'), ('group', 'group')], default='account', max_length=10, verbose_name='kind')),
                ('subject', models.CharField(blank=True, default='', max_length=150, verbose_name='account or group')),
                ('address', models.GenericIPAddressField(null=True, verbose_name='network address')),
                ('changes', models.JSONField(default=dict, verbose_name='changes')),
            ],
            options={
                'verbose_name': 'entry of the audit trail',
                'verbose_name_plural': 'entries of the audit trail',
                'ordering': ['-at', '-pk'],
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['kind', 'subject', '-at'], name='audit_entry_by_subject')],
                'constraints': [models.CheckConstraint(condition=models.Q(('event__in', ['logged_in', 'code_accepted', 'recovery_code_used', 'logged_out', 'login_failed', 'code_refused', 'locked', 'sessions_ended', 'password_changed', 'second_factor_set_up', 'second_factor_reset', 'recovery_codes_made', 'added', 'changed', 'deleted'])), name='auditentry_event_is_known'), models.CheckConstraint(condition=models.Q(('kind__in', ['account', 'group'])), name='auditentry_kind_is_known')],
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='session key')),
                ('session_data', models.TextField(verbose_name='session data')),
                ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='last used')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'session',
                'verbose_name_plural': 'sessions',
                'abstract': False,
                'default_permissions': (),
            },
        ),
    ]
