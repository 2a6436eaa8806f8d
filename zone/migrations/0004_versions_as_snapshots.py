"""Versions that were kept in the form of the fixtures become snapshots, in which relations are primary keys."""

from django.db import migrations

OWNERS = ("organisation", "facility", "route", "news_item", "key_figure", "figure")
ROWS = {
    "zone.fact": "facts",
    "zone.person": "people",
    "zone.specification": "specifications",
    "zone.observation": "observations",
    "zone.stop": "stops",
    "zone.departure": "departures",
    "zone.changenote": "changes",
}
APART = ("created_at", "updated_at")


def primary_key(field, value):
    """Return the key of what ``value``, a natural key, names today; ``None`` where nothing has that name any more."""
    if not isinstance(value, list):
        return value
    return field.related_model.objects.filter(slug=value[0]).values_list("pk", flat=True).first()


def converted(apps, part):
    model = apps.get_model(part["model"])
    values = {}
    for name, value in part["fields"].items():
        field = model._meta.get_field(name)
        if field.many_to_many:
            value = sorted(pk for pk in (primary_key(field, one) for one in value) if pk)
        elif field.is_relation:
            value = primary_key(field, value)
        values[name] = value
    return values


def to_snapshots(apps, schema_editor):
    versions = apps.get_model("zone", "Version").objects.using(schema_editor.connection.alias)
    for version in versions.order_by("pk").iterator():
        if not isinstance(version.content, list):
            continue
        first, *others = version.content
        rows = {}
        for part in others:
            values = converted(apps, part)
            number = str(values.pop("number"))
            for owner in OWNERS:
                # A specification has no owner but its facility; a stop has a facility besides its route.
                if owner in values and (owner != "facility" or part["model"] != "zone.stop"):
                    del values[owner]
            rows.setdefault(ROWS[part["model"]], {})[number] = values
        fields = {name: value for name, value in converted(apps, first).items() if name not in APART}
        version.content = {"fields": fields, "rows": rows}
        name = next((fields[key] for key in ("name_en", "title_en", "label_en", "title_original") if key in fields), "")
        version.name, version.state = name or fields.get("slug", ""), fields.get("status", "draft")
        version.save(update_fields=["content", "name", "state"])


class Migration(migrations.Migration):
    dependencies = [("zone", "0003_newsroom")]

    operations = [migrations.RunPython(to_snapshots, migrations.RunPython.noop)]
