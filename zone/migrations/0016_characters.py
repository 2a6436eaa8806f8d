"""Single Chinese characters in the table of terms on PostgreSQL, by which rows are found that have one in any word."""

from django.db import migrations

# As zone.search.words and zone.search.tables had them.
HAN = '\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff'
RELEASE = '#z2'

ADD_CHARACTERS = """
    UPDATE zone_search SET terms = terms || array_to_tsvector(ARRAY(
        SELECT DISTINCT regexp_replace(lexeme, '^([ns][|])?(.).?$', '\\1#\\2')
        FROM unnest(terms) WHERE lexeme ~ %s
    ) || ARRAY[%s])
"""


def add_characters(apps, schema_editor):
    """Add to each row the terms of its characters. An index is made anew sooner than it follows all rows."""
    if schema_editor.connection.vendor != 'postgresql':
        return
    schema_editor.execute('DROP INDEX zone_search_by_terms')
    schema_editor.execute(ADD_CHARACTERS, [f'^([ns][|])?[{HAN}]', RELEASE])
    schema_editor.execute('CREATE INDEX zone_search_by_terms ON zone_search USING gin (terms) WITH (fastupdate = off)')


class Migration(migrations.Migration):

    dependencies = [('zone', '0015_blocks')]

    operations = [migrations.RunPython(add_characters, migrations.RunPython.noop)]
