"""Terms for single Chinese characters in the search: of the pairs in which they stand they are only the beginning."""

import re

from django.db import migrations

# As zone.search.words and zone.search.tables had them.
HAN = '\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff'
BEGINNING = re.compile(rf'^([ns][|])?([{HAN}])')
RELEASE = '#z2'

ADD_CHARACTERS = """
    UPDATE zone_search SET terms = terms || array_to_tsvector(ARRAY(
        SELECT DISTINCT regexp_replace(lexeme, '^([ns][|])?(.).?$', '\\1#\\2')
        FROM unnest(terms) WHERE lexeme ~ %s
    ) || ARRAY[%s])
"""


def with_characters(terms):
    """Return the terms of a row with those of this release."""
    begun = {BEGINNING.sub(r'\1#\2', term[: match.end()]) for term in terms.split(' ') if (match := BEGINNING.match(term))}
    return ' '.join([terms, *sorted(begun), RELEASE])


def add_characters(apps, schema_editor):
    """Add to each row the terms of its characters. An index is made anew sooner than it follows all rows."""
    connection, execute = schema_editor.connection, schema_editor.execute
    if connection.vendor == 'postgresql':
        execute('DROP INDEX zone_search_by_terms')
        execute(ADD_CHARACTERS, [f'^([ns][|])?[{HAN}]', RELEASE])
        execute('CREATE INDEX zone_search_by_terms ON zone_search USING gin (terms) WITH (fastupdate = off)')
        return
    connection.connection.create_function('with_characters', 1, with_characters, deterministic=True)
    execute(
        'CREATE VIRTUAL TABLE zone_search_now USING fts5('
        "terms, tokenize=\"unicode61 remove_diacritics 0 tokenchars '.|#'\")",
    )
    execute(
        'INSERT INTO zone_search_now (rowid, terms) SELECT rowid, with_characters(terms) FROM zone_search ORDER BY rowid'
    )
    execute('DROP TABLE zone_search')
    execute('ALTER TABLE zone_search_now RENAME TO zone_search')


class Migration(migrations.Migration):

    dependencies = [('zone', '0015_blocks')]

    operations = [migrations.RunPython(add_characters, migrations.RunPython.noop)]
