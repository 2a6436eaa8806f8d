"""The three roles as groups: Editor (draft, change), Publisher (and publish), Translator (texts only)."""

from django.db import migrations

RECORDS = ("park", "field", "source", "organisation", "facility", "newsitem", "keyfigure", "crossing", "route")
ROWS = ("fact", "person", "specification", "observation", "stop", "departure")

EDIT = ("add", "change", "delete", "view")
"""What is published, only a publisher deletes: the admin sees to that."""

ROLES = {
    "Editor": {
        **dict.fromkeys((*RECORDS, *ROWS), EDIT),
        "changenote": ("add", "change", "view"),
        "redirect": ("view",),
        "version": ("view",),
    },
    "Publisher": {
        **dict.fromkeys(RECORDS, (*EDIT, "publish")),
        **dict.fromkeys((*ROWS, "changenote", "redirect"), EDIT),
        "version": ("view",),
    },
    "Translator": {
        **dict.fromkeys(RECORDS, ("view", "translate")),
        **dict.fromkeys((*ROWS, "changenote", "redirect", "version"), ("view",)),
    },
}


def create_roles(apps, schema_editor):
    """Create the groups, and the permissions that Django itself creates only after all migrations."""
    database = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(database)
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(database)
    for role, models in ROLES.items():
        group, _ = groups.get_or_create(name=role)
        for model, actions in models.items():
            content_type, _ = content_types.get_or_create(app_label="zone", model=model)
            verbose_name = apps.get_model("zone", model)._meta.verbose_name_raw
            for action in actions:
                permission, _ = permissions.get_or_create(
                    content_type=content_type,
                    codename=f"{action}_{model}",
                    defaults={"name": f"Can {action} {verbose_name}"},
                )
                group.permissions.add(permission)


def remove_roles(apps, schema_editor):
    """Remove the groups; their members keep their accounts."""
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    groups.filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("zone", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create_roles, remove_roles)]
